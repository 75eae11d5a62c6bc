"""The text formats themselves, under every stage that meets them: what a YAML text says, and no more."""

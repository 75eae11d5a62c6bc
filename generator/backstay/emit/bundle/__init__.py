"""The controller config bundle: one file per controller, content-addressed."""

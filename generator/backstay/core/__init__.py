"""Words that all stages share: routes, places, diagnostics, origins, manifests, failures."""

"""The spec's shape: pydantic models, one file per top-level key."""

"""ZenML: a run configuration for each pipeline, and the stack that runs it."""

"""Typed spec to model: versions to features, calls to hops, constraints to numbers."""

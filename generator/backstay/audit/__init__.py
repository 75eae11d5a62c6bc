"""Manifests that people wrote by hand, judged by the same rules as what specs compile to."""

"""Bytes to disk: one atomic swap per cluster."""

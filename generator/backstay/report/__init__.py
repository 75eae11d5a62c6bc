"""Findings and results for people and machines."""

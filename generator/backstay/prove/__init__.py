"""Emitted config at work in real components."""

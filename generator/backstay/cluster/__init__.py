"""Talking to a live API server."""

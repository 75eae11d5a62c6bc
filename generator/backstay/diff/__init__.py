"""Planned against another tree, a snapshot or a cluster."""

"""Repairs of findings: which are made, in which files, and what the files become."""

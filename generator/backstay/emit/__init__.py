"""Model to objects; one folder per system, one file per kind."""

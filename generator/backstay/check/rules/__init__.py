"""Rules, one a file, by the system they know."""

"""Numbers out of constraints, and the few spec lines to blame where there are none."""

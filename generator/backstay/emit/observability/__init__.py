"""What tells people that a promise of the spec is broken, by the numbers that should keep it."""

"""Text to values: YAML in, plain values, positions and writers out."""

"""The middle: frozen dataclasses, each fact with its place in the spec."""

"""Objects to bytes: total order, one quoting rule, provenance."""

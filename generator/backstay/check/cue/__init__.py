"""The organisation's own rules in CUE: an engine of its own, a door to it, and what its verdicts become."""

"""Where a value comes from, and what a spec field decides."""

"""Training: runtimes, patches of jobs that stand in the base, and what jobs that people submit have to carry."""

"""Rules about jobs: retries, termination, lost nodes, memory. Facts: Kubernetes, Trainer, JobSet, Kueue, ZenML."""

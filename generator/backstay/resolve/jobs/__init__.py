"""Jobs and memory: node pools, budgets, steps, workloads, and what frees them from a lost node."""

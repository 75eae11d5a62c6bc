"""Memory: quotas, defaults and priorities of namespaces, Kueue's queues and its manager's configuration."""

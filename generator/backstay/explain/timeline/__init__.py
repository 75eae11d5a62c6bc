"""Timelines: what happens at which second after a node dies, a pod is evicted or killed, or a drain starts."""

"""Rules about what the installed versions can do, and how the output reaches a cluster."""

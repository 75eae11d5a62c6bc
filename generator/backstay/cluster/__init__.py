"""What is outside the specs: a live API server, the kubeconfig that leads to it, and older revisions in git."""

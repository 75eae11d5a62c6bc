"""Kubeflow Pipelines: the metadata store, the launcher, the API server, the UI, the accounts."""

"""Rules about Kubeflow Pipelines, its stores and Argo Workflows."""

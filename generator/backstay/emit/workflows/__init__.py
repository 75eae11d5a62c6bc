"""Argo Workflows: the controller's configuration and the artifact repositories."""

"""Kustomize, Argo CD and Flux: how the overlay reaches the cluster."""

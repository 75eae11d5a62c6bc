"""Nodes: who notices that one is lost, who fences it, and what the kubelet grants when one shuts down."""

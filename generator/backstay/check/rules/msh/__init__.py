"""Rules about meshes, keepalive and gRPC."""

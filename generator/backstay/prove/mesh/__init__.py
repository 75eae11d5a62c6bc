"""The emitted mesh configuration at work: real Envoys between real gRPC peers, with boxes that forget idle connections."""

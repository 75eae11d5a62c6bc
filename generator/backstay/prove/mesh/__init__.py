"""The emitted mesh configuration at work: real Envoys between real gRPC peers, with boxes that forget idle connections.

    from backstay.prove.mesh.prover import prove

    report = prove(cluster, settled)

For each call, what istiod would make of the emitted objects (`prove.istiod`) configures an Envoy for each sidecar that
the call has; the emitted channel arguments configure a gRPC client and server; a relay on every hop forwards bytes,
notes frames, and on the hop over the network forgets idle flows as the declared boxes do. Everything is a process or a
socket on the loopback, and time is divided by a stated number.

What this shows is limited, and reports say so: calls are made by gRPC core, or by grpc-go where the runtime is Go and a toolchain is at hand; TLS and Istio's own
filters are left out; gateways, waypoints and ztunnel are not run; a stopped process is a dead peer whose kernel still
acknowledges, so neither TCP keepalive nor TCP_USER_TIMEOUT is put to the test by it.
"""

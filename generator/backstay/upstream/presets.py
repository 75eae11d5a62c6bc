"""Presets: boxes, services and clients with their documented defaults.

Sources of the idle times: the vendors' pages (AWS ELB user guides, EC2 connection tracking, GCP VPC and Cloud
NAT, Azure Load Balancer and NAT Gateway), kernel nf_conntrack-sysctl.rst, kube-proxy's v1alpha1 defaults,
ipvsadm, cilium-agent's `bpf-ct-timeout-regular-tcp`, Envoy's and Istio's ProxyConfig reference (profile EDGE).
"""

from dataclasses import dataclass

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
_PACKETS = ("tcp-probe", "http2-ping", "data")
_BYTES = ("http2-ping", "data")


@dataclass(frozen=True, slots=True)
class BoxPreset:
    """A kind of box.

    `idle` is its default, `low`..`high` what it can be set to (None: fixed); `refreshed_by` what counts as
    traffic; `layer` 7 boxes speak HTTP themselves; `stream_idle` is such a box's own timer on silent streams;
    `spares_streams`: the idle timer stands still while a request is open.
    """

    name: str
    title: str
    idle: int
    on_expiry: str = "drop"
    refreshed_by: tuple[str, ...] = _PACKETS
    low: int | None = None
    high: int | None = None
    layer: int = 4
    stream_idle: int | None = None
    spares_streams: bool = False


BOXES = {
    box.name: box
    for box in (
        BoxPreset("firewall", "corporate firewall", 3600 * SECOND, low=SECOND, high=24 * HOUR),
        BoxPreset("firewall-no-probes", "firewall that ignores TCP keepalive probes", 3600 * SECOND,
                  refreshed_by=_BYTES, low=SECOND, high=24 * HOUR),
        BoxPreset("aws-nlb", "AWS Network Load Balancer", 350 * SECOND, "reset", low=60 * SECOND, high=6000 * SECOND),
        BoxPreset("aws-nlb-tls", "AWS Network Load Balancer, TLS listener", 350 * SECOND, "reset"),
        BoxPreset("aws-gwlb", "AWS Gateway Load Balancer", 350 * SECOND, low=60 * SECOND, high=6000 * SECOND),
        BoxPreset("aws-network-firewall", "AWS Network Firewall", 350 * SECOND, low=60 * SECOND, high=6000 * SECOND),
        BoxPreset("aws-alb", "AWS Application Load Balancer", 60 * SECOND, "reset", ("data",),
                  SECOND, 4000 * SECOND, layer=7),
        BoxPreset("aws-clb", "AWS Classic Load Balancer", 60 * SECOND, "reset", ("data",),
                  SECOND, 4000 * SECOND, layer=7),
        BoxPreset("aws-nat", "AWS NAT Gateway", 350 * SECOND, "reset"),
        BoxPreset("aws-vpc-endpoint", "AWS VPC endpoint", 350 * SECOND, "reset"),
        BoxPreset("aws-conntrack", "EC2 connection tracking", 432_000 * SECOND, low=60 * SECOND, high=432_000 * SECOND),
        BoxPreset("aws-conntrack-nitro6", "EC2 connection tracking on Nitro v6", 350 * SECOND,
                  low=60 * SECOND, high=432_000 * SECOND),
        BoxPreset("gcp-conntrack", "GCP VPC connection tracking", 600 * SECOND),
        BoxPreset("gcp-nat", "GCP Cloud NAT", 1200 * SECOND, low=30 * SECOND, high=7200 * SECOND),
        BoxPreset("azure-lb", "Azure Load Balancer", 4 * MINUTE, low=4 * MINUTE, high=100 * MINUTE),
        BoxPreset("azure-lb-reset", "Azure Load Balancer with TCP reset", 4 * MINUTE, "reset",
                  low=4 * MINUTE, high=100 * MINUTE),
        BoxPreset("azure-nat", "Azure NAT Gateway", 4 * MINUTE, "reset", low=4 * MINUTE, high=120 * MINUTE),
        BoxPreset("conntrack", "Linux conntrack", 432_000 * SECOND, low=SECOND, high=432_000 * SECOND),
        BoxPreset("kube-proxy", "kube-proxy's conntrack", 86_400 * SECOND, low=SECOND, high=432_000 * SECOND),
        BoxPreset("ipvs", "IPVS", 900 * SECOND, low=SECOND, high=24 * HOUR),
        BoxPreset("cilium", "Cilium connection tracking", 8000 * SECOND, low=SECOND, high=24 * HOUR),
        BoxPreset("istio-gateway", "Istio gateway", HOUR, "reset", ("data",), SECOND, 24 * HOUR, layer=7,
                  spares_streams=True),
        BoxPreset("istio-gateway-edge", "Istio gateway, profile EDGE", HOUR, "reset", ("data",),
                  SECOND, 24 * HOUR, layer=7, stream_idle=5 * MINUTE, spares_streams=True),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ServicePreset:
    """A known service. Empty fields are the spec's to fill in.

    `settable` says that backstay emits the server's gRPC arguments; `shipped_rule` is the DestinationRule that
    the upstream multi-user install has for it; `workload` is the kind and name of what it runs as, and the container.
    """

    name: str
    protocol: str
    port: int
    runtime: str = "other"
    service: str = ""
    port_name: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    settable: bool = False
    shipped_rule: str | None = None
    workload: tuple[str, str, str] | None = None


SERVICES = {
    service.name: service
    for service in (
        ServicePreset("kfp-metadata-grpc", "grpc", 8080, "core", "metadata-grpc-service", "grpc-api",
                      (("component", "metadata-grpc-server"),), settable=True, shipped_rule="metadata-grpc-service",
                      workload=("Deployment", "metadata-grpc-deployment", "container")),
        ServicePreset("mysql", "mysql", 3306),
        ServicePreset("postgres", "postgres", 5432),
        ServicePreset("redis", "redis", 6379),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClientPreset:
    """A known caller; `sidecar` None: as the mesh has it."""

    name: str
    runtime: str
    sidecar: bool | None
    settable_keepalive: bool
    note: str


CLIENTS = {
    client.name: client
    for client in (
        ClientPreset(
            "pipeline-steps", "go", sidecar=False, settable_keepalive=False, note="the Pipelines API server marks every step pod sidecar.istio.io/inject: \"false\", and the step's Go "
            "client never sets keepalive (kubeflow/pipelines backend/src/apiserver/template/v2_template.go, "
            "backend/src/v2/metadata/client.go)",
        ),
    )
}  # fmt: skip

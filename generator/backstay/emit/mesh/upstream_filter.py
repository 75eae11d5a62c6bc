"""EnvoyFilter: the callers' sidecars ping the service (Istio before 1.31; later a DestinationRule says it)."""

from collections.abc import Iterator

from backstay.core.feature import Feature
from backstay.core.manifest import Manifest
from backstay.emit.mesh.envoy import OPTIONS, OPTIONS_TYPE, PRIORITY, connection_keepalive
from backstay.emit.parts import Body, new_object
from backstay.model.cluster import Cluster
from backstay.model.network import Client, Knobs

SOURCE = "envoy extensions/upstreams/http/v3/http_protocol_options.proto"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One filter per service and caller's namespace; in the mesh's root namespace when that is not known."""
    if cluster.mesh is None or cluster.has(Feature.HTTP2_KEEPALIVE):
        return
    for knobs in cluster.network.knobs:
        if knobs.upstream is not None:
            for client in knobs.clients:
                for namespace in client.namespaces or (cluster.mesh.root_namespace,):
                    yield new_object(
                        "mesh", "networking.istio.io/v1alpha3", "EnvoyFilter",
                        f"keepalive-{client.name}-to-{knobs.service.name}", namespace, SOURCE,
                        spec=_spec(knobs, client),
                    )  # fmt: skip


def _spec(knobs: Knobs, client: Client) -> Body:
    assert knobs.upstream is not None  # noqa: S101 - `emit` asks first
    # A merge replaces map entries whole, so the options are stated completely: an h2 cluster of Istio's has
    # nothing in them but the protocol and what a DestinationRule's connectionPool adds.
    options: Body = {
        "@type": OPTIONS_TYPE,
        "common_http_protocol_options": {},
        "explicit_http_config": {
            "http2_protocol_options": {"connection_keepalive": connection_keepalive(knobs.upstream)}
        },
    }
    match: Body = {
        "context": "SIDECAR_OUTBOUND",
        "cluster": {"service": knobs.service.host, "portNumber": knobs.service.port},
    }
    patch: Body = {"operation": "MERGE", "value": {"typed_extension_protocol_options": {OPTIONS: options}}}
    selector: Body = (
        {"workloadSelector": {"labels": dict(client.labels)}} if client.labels and client.namespaces else {}
    )
    return {
        "priority": PRIORITY,
        **selector,
        "configPatches": [{"applyTo": "CLUSTER", "match": match, "patch": patch}],
    }

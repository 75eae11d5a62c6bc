"""What istiod makes of Istio objects: a pure model of its EnvoyFilter, DestinationRule and Sidecar handling.

Istio objects say what people want; Envoy runs what istiod makes of it, and istiod does not report what it left out.
This package answers, without a cluster, what a proxy's Envoy would really be told:

    from backstay.prove.istiod import Mesh, Proxy, ProxyKind, apply

    api = Proxy("api", namespace="shop", labels={"app": "api"}, istio_version="1.31.0")
    result = apply(objects, config, api, mesh=Mesh(tcp_keepalive={"time": "10s"}))
    result.config["clusters"], result.notes

`objects` are plain Kubernetes objects of any kind and namespace; EnvoyFilter, DestinationRule, Sidecar and (for port
numbers) Service are read, the rest is passed over. `config` is the Envoy configuration that istiod would generate
without the first three: `{"listeners": [...], "clusters": [...], "routes": [...]}`, each resource in protobuf's JSON
form with Envoy's own snake_case field names (durations `10s`, 64-bit numbers as text). It is not changed. Outbound
clusters are recognised by istiod's names (`outbound|9000||api.shop.svc.cluster.local`), inbound ones as well, and the
services behind an inbound cluster by `metadata.filter_metadata.istio.services`.

`result.notes` tells what istiod keeps to itself (`NoteKind`): objects refused by the webhook or not meant for the
proxy, patches that match nothing, misspelt fields, settings that do nothing on a port, protocol options replaced
whole, panics, and what this package itself does not work out. A namespace-wide patch is UNMATCHED on many proxies by
design: only one that is so on every proxy is dead.

What is modelled is checked against Istio's own code, 1.31.0-rc.0 (1.29.6 behaves the same but for http2KeepAlive).
Not modelled, with a note: DestinationRule subsets, tls, loadBalancer, outlierDetection and retryBudget; Sidecar
listeners and egress; extension configs; waypoints. Without one: the tcp_proxy timeouts on listeners of plain TCP
ports, meshConfig.defaultTrafficPolicy, and the objects that make listeners, clusters and routes in the first place
(ServiceEntry, VirtualService, Gateway).
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy

from backstay.prove.istiod.destination_rule import apply_rules
from backstay.prove.istiod.journal import Journal
from backstay.prove.istiod.patch import apply_filters
from backstay.prove.istiod.shape import Struct
from backstay.prove.istiod.words import Config, Mesh, Note, NoteKind, Proxy, ProxyKind, Result

__all__ = ["Config", "Mesh", "Note", "NoteKind", "Proxy", "ProxyKind", "Result", "Struct", "apply"]

_NO_MESH = Mesh()


def apply(
    objects: Iterable[Struct],
    config: Mapping[str, Sequence[Struct]],
    proxy: Proxy,
    *,
    mesh: Mesh = _NO_MESH,
) -> Result:
    """The proxy's configuration with the objects applied as istiod applies them, and what there is to say about it.

    Raises `ValueError` when `proxy.istio_version` is not a version.
    """
    objects, journal = tuple(objects), Journal()
    copied: Config = {
        kind: deepcopy(list(config.get(kind, ()))) for kind in ("listeners", "clusters", "routes")
    }
    apply_rules(objects, copied["clusters"], proxy, mesh, journal)
    return Result(apply_filters(objects, copied, proxy, journal), journal.notes)

"""The effect of DestinationRules, of Sidecar connection pools and of the mesh's tcpKeepalive on clusters.

istio/istio pilot/pkg/networking/core/cluster_builder.go: applyDestinationRule for outbound clusters,
buildInboundCluster for inbound ones. A rule without a workloadSelector also reaches the inbound clusters of the pods
behind its host, and then the pod's own sidecar does to its application what the rule asks of clients; a Sidecar's
inboundConnectionPool takes the place of the rule's connectionPool there.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from backstay.core.diagnostic import ObjectRef
from backstay.prove.istiod.clusters import is_inbound
from backstay.prove.istiod.journal import Journal
from backstay.prove.istiod.match import services_of, subset_key
from backstay.prove.istiod.pool import Pool, read_pool
from backstay.prove.istiod.pooled import apply_pool, keep_tcp_alive
from backstay.prove.istiod.rules import Rule, choose, policy_for, read_rules
from backstay.prove.istiod.services import service_port
from backstay.prove.istiod.shape import Struct, opened, struct, text
from backstay.prove.istiod.sidecar import inbound_pool, sidecar_of
from backstay.prove.istiod.words import Mesh, NoteKind, Proxy, identity

_PASSTHROUGH = frozenset({"PassthroughCluster", "InboundPassthroughCluster"})
_CONFIG_OF = "/apis/networking.istio.io/v1/namespaces/{0.namespace}/destination-rule/{0.name}"


@dataclass(frozen=True, slots=True)
class _Target:
    """What a cluster leads to: the service's host and namespace, its port, and the pod's port when inbound."""

    host: str
    namespace: str
    port: int
    pod_port: int


@dataclass(frozen=True, slots=True)
class _Scene:
    """What decides about every cluster of a proxy."""

    objects: tuple[Struct, ...]
    rules: list[Rule]
    sidecar: Struct
    proxy: Proxy
    mesh: Mesh
    journal: Journal


def apply_rules(
    objects: Iterable[Struct], clusters: list[Struct], proxy: Proxy, mesh: Mesh, journal: Journal
) -> None:
    """Edit the clusters in place as istiod does when it builds them, before any EnvoyFilter."""
    objects = tuple(objects)
    rules = read_rules(objects, proxy, mesh.domain, journal)
    scene = _Scene(objects, rules, sidecar_of(objects, proxy, journal), proxy, mesh, journal)
    used = {_build(cluster, scene) for cluster in clusters}
    for rule in rules:
        if rule not in used:
            _tell_unused(rule, clusters, scene)


def _build(cluster: Struct, scene: _Scene) -> Rule | None:
    """Edit one cluster; the rule that was used for it."""
    target = _target(cluster, scene.objects)
    if target is None:
        if text(cluster, "name") in _PASSTHROUGH:
            keep_tcp_alive(cluster, scene.mesh.tcp_keepalive)
        return None
    rule = choose(scene.rules, target.host, target.namespace, scene.proxy, outbound=not is_inbound(cluster))
    if rule is not None and (not is_inbound(cluster) or rule.policy is not None):
        opened(cluster, "metadata", "filter_metadata", "istio")["config"] = _CONFIG_OF.format(rule.of)
    of, pool = _pool(cluster, target, rule, scene)
    for idle in apply_pool(cluster, pool, outbound=not is_inbound(cluster)):
        scene.journal.say(NoteKind.DROPPED, of, "", f"no effect on `{text(cluster, 'name')}`: {idle}")
    keep_tcp_alive(cluster, scene.mesh.tcp_keepalive)
    keep_tcp_alive(cluster, pool.tcp_keepalive)
    return rule


def _pool(cluster: Struct, target: _Target, rule: Rule | None, scene: _Scene) -> tuple[ObjectRef, Pool]:
    """The connection pool for a cluster and the object it is from."""
    override = inbound_pool(scene.sidecar, target.pod_port) if is_inbound(cluster) else None
    if override is not None:
        return identity(scene.sidecar), read_pool(override, scene.proxy.release)
    if rule is None:
        return identity(scene.sidecar), read_pool({}, scene.proxy.release)
    return rule.of, read_pool(struct(policy_for(rule, target.port), "connection_pool"), scene.proxy.release)


def _target(cluster: Struct, objects: tuple[Struct, ...]) -> _Target | None:
    """None for clusters that stand for no service."""
    direction, port, _, host = subset_key(text(cluster, "name"))
    service = next(iter(services_of(cluster)), {})
    namespace, name = text(service, "namespace"), text(service, "name")
    if direction == "outbound":
        return _Target(host, namespace or _namespace_in(host), port, 0)
    if direction == "inbound":
        return _Target(text(service, "host"), namespace, service_port(objects, namespace, name, port), port)
    return None


def _namespace_in(host: str) -> str:
    """The namespace in `name.namespace.svc.domain`; empty for other hosts."""
    parts = host.split(".")
    return parts[1] if parts[2:3] == ["svc"] else ""


def _tell_unused(rule: Rule, clusters: list[Struct], scene: _Scene) -> None:
    say = scene.journal.say
    if not any(rule.covers(subset_key(text(cluster, "name"))[3]) for cluster in clusters):
        say(NoteKind.UNMATCHED, rule.of, "", f"no cluster of this proxy is for the host `{rule.host}`")
    elif rule.selector is not None and not scene.proxy.wears(rule.selector):
        say(NoteKind.NOT_SELECTED, rule.of, "", "its workloadSelector does not fit the pod's labels")
    else:
        say(NoteKind.SHADOWED, rule.of, "", f"another rule, or none, is used for `{rule.host}` here")

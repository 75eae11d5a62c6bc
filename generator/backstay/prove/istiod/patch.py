"""Applying EnvoyFilters to a proxy's configuration, in the calls and contexts that istiod uses.

Outbound clusters, inbound clusters, routes and listeners are patched one after the other; a gateway has one context
for all of them.
"""

from collections.abc import Iterable, Mapping

from backstay.prove.istiod import clusters, listeners
from backstay.prove.istiod.envoy_filter import HTTP_CONNECTION_MANAGER, ApplyTo, Patch
from backstay.prove.istiod.group import Group
from backstay.prove.istiod.journal import Journal
from backstay.prove.istiod.routes import patch_route
from backstay.prove.istiod.select import patches_for
from backstay.prove.istiod.services import gateway_ports
from backstay.prove.istiod.shape import Struct, struct, structs, text
from backstay.prove.istiod.words import Config, Context, NoteKind, Proxy, ProxyKind

_NOT_HERE = {
    ApplyTo.EXTENSION_CONFIG: "extension configs are served to Envoy apart from listeners and clusters",
    ApplyTo.BOOTSTRAP: "the bootstrap is not part of this configuration, and istiod leaves it alone since 1.21",
}


def apply_filters(objects: Iterable[Struct], config: Config, proxy: Proxy, journal: Journal) -> Config:
    """The configuration, edited in place where it can be, after the EnvoyFilters among `objects`."""
    objects = tuple(objects)
    patches = tuple(patches_for(objects, proxy, journal))
    ports = gateway_ports(objects, proxy) if proxy.kind is ProxyKind.GATEWAY else {}
    patched = _patched(config, _groups(patches, proxy, journal, ports), proxy)
    for patch in patches:
        _tell_unmatched(patch, journal)
    return patched


def _groups(
    patches: tuple[Patch, ...], proxy: Proxy, journal: Journal, ports: Mapping[int, frozenset[int]]
) -> dict[Context, Group]:
    return {context: Group(context, patches, proxy.release, journal, ports) for context in Context}


def _patched(config: Config, groups: Mapping[Context, Group], proxy: Proxy) -> Config:
    gateway = proxy.kind is ProxyKind.GATEWAY
    outbound = groups[Context.GATEWAY if gateway else Context.SIDECAR_OUTBOUND]
    inbound = groups[Context.GATEWAY if gateway else Context.SIDECAR_INBOUND]
    for route in config["routes"]:
        patch_route(route, outbound)
    for listener in config["listeners"]:
        for route in _inline_routes(listener):
            patch_route(route, inbound if listeners.is_inbound(listener) else outbound)
    return {
        "listeners": _listeners(config["listeners"], groups, gateway=gateway),
        "clusters": _clusters(config["clusters"], inbound, outbound),
        "routes": config["routes"],
    }


def _listeners(given: list[Struct], groups: Mapping[Context, Group], *, gateway: bool) -> list[Struct]:
    """The listeners in the order they had, added ones last."""
    calls = [(Context.GATEWAY, given, True)] if gateway else listeners.calls_of(given)
    done = [
        each
        for context, part, adds in calls
        for each in listeners.patch_listeners(part, groups[context], adds=adds)
    ]
    place = {id(each): index for index, each in enumerate(given)}
    return sorted(done, key=lambda each: place.get(id(each), len(place)))


def _clusters(given: list[Struct], inbound: Group, outbound: Group) -> list[Struct]:
    kept = [
        cluster
        for cluster in given
        if clusters.keeps_cluster(cluster, inbound if clusters.is_inbound(cluster) else outbound)
    ]
    taken = {text(cluster, "name") for cluster in kept}
    added = clusters.added_clusters(outbound, taken)
    return [*kept, *added, *(clusters.added_clusters(inbound, taken) if inbound is not outbound else [])]


def _inline_routes(listener: Struct) -> list[Struct]:
    """The route configurations inside a listener's connection managers."""
    chains = [*structs(listener, "filter_chains"), struct(listener, "default_filter_chain")]
    managers = [item for chain in chains for item in structs(chain, "filters")]
    named = [item for item in managers if text(item, "name") == HTTP_CONNECTION_MANAGER]
    return [route for item in named if (route := struct(item, "typed_config", "route_config"))]


def _tell_unmatched(patch: Patch, journal: Journal) -> None:
    if patch.apply_to in _NOT_HERE:
        journal.say(NoteKind.UNMODELLED, patch.of, patch.where, _NOT_HERE[patch.apply_to])
    elif not journal.knows(patch.of, patch.where):
        told = f"nothing of this proxy matches ({patch.operation} of {patch.apply_to} in {patch.context}){_hint(patch)}"
        journal.say(NoteKind.UNMATCHED, patch.of, patch.where, told)


def _hint(patch: Patch) -> str:
    """The usual reason, where the match shows it."""
    service = text(patch.match, "cluster", "service")
    if service and "." not in service:
        return f"; `{service}` is compared with whole host names"
    name = text(patch.listener, "filter_chain", "filter", "name")
    if name.startswith("envoy.") and not name.startswith("envoy.filters."):
        return f"; `{name}` is a name from before Istio 1.19"
    return ""

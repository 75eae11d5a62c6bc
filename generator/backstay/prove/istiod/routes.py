"""ROUTE_CONFIGURATION, VIRTUAL_HOST and HTTP_ROUTE patches.

istio/istio pilot/pkg/networking/core/envoyfilter/rc_patch.go. A sidecar's outbound routes and a gateway's are
resources; inbound routes are inside the connection managers of the inbound listeners.
"""

from backstay.prove.istiod.edits import PLACING, placed
from backstay.prove.istiod.envoy_filter import MESSAGES, ApplyTo, Operation, Patch
from backstay.prove.istiod.group import Group, copy_of
from backstay.prove.istiod.match import subset_key
from backstay.prove.istiod.merge import merge
from backstay.prove.istiod.shape import Struct, become, number, part, store, struct, structs, text, texts
from backstay.prove.istiod.words import Context

_ACTIONS = {"ROUTE": "route", "REDIRECT": "redirect", "DIRECT_RESPONSE": "direct_response"}


def patch_route(config: Struct, group: Group) -> None:
    """Patch one route configuration in place."""
    for patch in group.of(ApplyTo.ROUTE_CONFIGURATION):
        if patch.merges and _fits(config, patch, group):
            group.met(patch)
            _merge_into(config, patch)
    hosts = structs(config, "virtual_hosts")
    kept = [host for each in hosts if (host := _patched_host(config, each, group)) is not None]
    for patch in group.of(ApplyTo.VIRTUAL_HOST):
        if patch.operation is Operation.ADD and _fits(config, patch, group):
            group.met(patch)
            kept.append(copy_of(patch))
    store(config, "virtual_hosts", kept)


def _patched_host(config: Struct, host: Struct, group: Group) -> Struct | None:
    for patch in group.of(ApplyTo.VIRTUAL_HOST):
        if not (_fits(config, patch, group) and _fits_host(host, patch)):
            continue
        if patch.operation is Operation.REMOVE:
            group.met(patch)
            return None
        if patch.merges or patch.operation is Operation.REPLACE:
            group.met(patch)
            host = copy_of(patch) if patch.operation is Operation.REPLACE else _merge_into(host, patch)
    _patch_routes(config, host, group)
    return host


def _patch_routes(config: Struct, host: Struct, group: Group) -> None:
    patches = [
        patch
        for patch in group.of(ApplyTo.HTTP_ROUTE)
        if _fits(config, patch, group) and _fits_host(host, patch)
    ]
    routes = [route for route in structs(host, "routes") if _keeps_route(route, patches, group)]
    for patch in patches:
        changed = _with_route(routes, patch)
        if changed is not None:
            group.met(patch)
            routes = changed
    store(host, "routes", routes)


def _keeps_route(route: Struct, patches: list[Patch], group: Group) -> bool:
    for patch in patches:
        if not _fits_route(route, patch):
            continue
        if patch.operation is Operation.REMOVE:
            group.met(patch)
            return False
        if patch.merges:
            group.met(patch)
            _merge_into(route, patch)
    return True


def _with_route(routes: list[Struct], patch: Patch) -> list[Struct] | None:
    """The routes with the patch's one added or inserted; None when it inserts nothing.

    Unlike among filters, INSERT_FIRST with a match on a route needs that route to be there.
    """
    asked = part(_wanted_host(patch), "route") is not None
    at = next((index for index, route in enumerate(routes) if _fits_route(route, patch)), None)
    if patch.operation not in PLACING or (patch.operation is Operation.INSERT_FIRST and asked and at is None):
        return None
    return placed(routes, patch, at, asked=asked)


def _fits(config: Struct, patch: Patch, group: Group) -> bool:
    wanted, name = struct(patch.match, "route_configuration"), text(config, "name")
    if text(wanted, "name") not in ("", name):
        return False
    if group.context is not Context.GATEWAY:
        return number(wanted, "port_number") in (0, _sidecar_port(name))
    port, port_name, gateway = _gateway_name(name)
    return (
        number(wanted, "port_number") in (0, *group.gateway_ports.get(port, (port,)))
        and text(wanted, "port_name") in ("", port_name)
        and text(wanted, "gateway") in ("", gateway)
    )


def _sidecar_port(name: str) -> int:
    """`inbound|9000||` and `9000` are for port 9000; a name such as `host:7000` has no port istiod compares."""
    return int(name) if name.isdigit() else subset_key(name)[1]


def _gateway_name(name: str) -> tuple[int, str, str]:
    """Port, port name and `namespace/name` in `http.8080` or `https.443.port-name.gateway.namespace`."""
    scheme, *rest = name.split(".")
    if not rest or not rest[0].isdigit():
        return 0, "", ""
    if scheme == "https" and len(rest) == 4:  # noqa: PLR2004 - the four parts of the docstring
        return int(rest[0]), rest[1], f"{rest[3]}/{rest[2]}"
    return (int(rest[0]), "", "") if scheme == "http" else (0, "", "")


def _wanted_host(patch: Patch) -> Struct:
    return struct(patch.match, "route_configuration", "vhost")


def _fits_host(host: Struct, patch: Patch) -> bool:
    wanted = _wanted_host(patch)
    named = text(wanted, "name") in ("", text(host, "name"))
    return named and text(wanted, "domain_name") in ("", *texts(host, "domains"))


def _fits_route(route: Struct, patch: Patch) -> bool:
    wanted = struct(_wanted_host(patch), "route")
    action = _ACTIONS.get(text(wanted, "action"))
    return text(wanted, "name") in ("", text(route, "name")) and (action is None or action in route)


def _merge_into(item: Struct, patch: Patch) -> Struct:
    return become(
        item, merge(item, patch.value, MESSAGES[patch.apply_to], replace_lists=patch.replaces_lists)
    )

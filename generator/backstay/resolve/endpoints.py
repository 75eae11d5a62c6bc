"""Boxes, clients and services: presets filled in, names checked."""

import difflib
from collections.abc import Iterable, Mapping

from backstay.core.diagnostic import Diagnostic
from backstay.core.fact import Fact, from_preset, from_spec
from backstay.core.place import at
from backstay.core.rule import Rule
from backstay.model.hop import Box, Refresh
from backstay.model.network import Client, PingPolicy, Protocol, Runtime, Service
from backstay.model.parts import DataPlane
from backstay.model.shutdown import Workload
from backstay.resolve.facts import fact, maybe
from backstay.resolve.platform import Platform
from backstay.resolve.rules import UNKNOWN_PRESET
from backstay.spec import network as spec
from backstay.spec.rules import MISSING_KEY, UNKNOWN_NAME, WRONG_VALUE
from backstay.upstream import presets
from backstay.upstream.grpc import RUNTIMES

Findings = list[Diagnostic]
_ONE_POD = from_preset(1, "a caller", "nothing says that there is more than one pod of it")


def nearest(name: str, known: Iterable[str]) -> str:
    """Help for a name that is not known: the nearest one, or all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean `{near[0]}`?" if near else f"known: {', '.join(names) or 'none'}"


def _unknown(
    rule: Rule, what: str, name: str, route: tuple[str | int, ...], known: Iterable[str]
) -> Diagnostic:
    return rule.report(f"there is no {what} `{name}`", at=at(*route), help=nearest(name, known))


def box(name: str, stated: spec.Box, findings: Findings) -> Box | None:
    """A box with its preset's defaults; None (and findings) when its idle time is not known or not possible."""
    route = ("network", "boxes", name)
    preset = presets.BOXES.get(stated.preset) if stated.preset else None
    if stated.preset and preset is None:
        findings.append(
            _unknown(UNKNOWN_PRESET, "box preset", stated.preset, (*route, "preset"), presets.BOXES)
        )
        return None
    if preset is None and stated.idle is None:
        findings.append(
            MISSING_KEY.report(
                f"nothing says when `{name}` forgets a connection",
                at=at(*route),
                help=f"add `idle:` or a `preset:` ({', '.join(sorted(presets.BOXES))})",
            )
        )
        return None
    if preset and stated.idle is not None:
        _in_range(preset, stated.idle, route, findings)
    return _box(name, stated, preset, route)


def _in_range(preset: presets.BoxPreset, idle: int, route: tuple[str, ...], findings: Findings) -> None:
    low, high = preset.low or preset.idle, preset.high or preset.idle
    if not low <= idle <= high:
        possible = f"{low // 1000}s" if low == high else f"{low // 1000}s to {high // 1000}s"
        findings.append(
            WRONG_VALUE.report(
                f"an idle time of {idle / 1000:g}s cannot be set on {preset.title}",
                at=at(*route, "idle"),
                help=f"possible there: {possible}",
            )
        )


def _box(name: str, stated: spec.Box, preset: presets.BoxPreset | None, route: tuple[str, ...]) -> Box:
    if stated.idle is not None:
        idle = from_spec(stated.idle, *route, "idle")
    else:
        assert preset is not None  # noqa: S101 - `box` refuses a box with neither
        idle = from_preset(
            preset.idle, preset.name, f"{preset.title} forgets idle connections by default after this"
        )
    refreshed = (
        stated.refreshed_by if stated.refreshed_by is not None else (preset.refreshed_by if preset else None)
    )
    stream = preset.stream_idle if preset else None
    return Box(
        name,
        stated.preset or "",
        idle,
        frozenset(Refresh(word) for word in refreshed or ("tcp-probe", "http2-ping", "data")),
        stated.on_expiry or (preset.on_expiry if preset else "drop"),
        preset.layer if preset else 4,
        from_preset(stream, preset.name, "closes silent streams") if preset and stream else None,
        preset is not None and preset.spares_streams,
        at(*route),
    )


def client(name: str, stated: spec.Client | None, platform: Platform, runs: tuple[Fact[str], ...],
           findings: Findings) -> Client:  # fmt: skip
    """A caller; one that the spec does not declare is a plain workload of the mesh."""
    route = ("network", "clients", name)
    wanted = stated.preset if stated and stated.preset else name
    preset = presets.CLIENTS.get(wanted)
    if stated and stated.preset and preset is None:
        findings.append(
            _unknown(UNKNOWN_PRESET, "client preset", wanted, (*route, "preset"), presets.CLIENTS)
        )
    meshed = platform.mesh is not None and platform.mesh.data_plane is DataPlane.SIDECAR
    by_default = meshed and (preset is None or preset.sidecar is not False)
    own = (
        tuple(from_spec(ns, *route, "namespaces", i) for i, ns in enumerate(stated.namespaces))
        if stated
        else ()
    )
    return Client(
        name,
        Runtime((stated and stated.runtime) or (preset.runtime if preset else "core")),
        by_default if stated is None or stated.sidecar is None else stated.sidecar and meshed,
        preset is None or preset.settable_keepalive,
        own or (runs if preset else ()),
        _labels(stated.labels, route) if stated else {},
        at(*route),
        _ambient(platform) and not (stated and stated.sidecar is False),
        fact(stated, "replicas", stated.replicas, route) if stated else _ONE_POD,
    )


def _ambient(platform: Platform) -> bool:
    return platform.mesh is not None and platform.mesh.data_plane is DataPlane.AMBIENT


def service(name: str, stated: spec.Service, platform: Platform, findings: Findings) -> Service | None:
    """A service with its preset's defaults; None (and findings) when its address is not known."""
    route = ("network", "services", name)
    preset = presets.SERVICES.get(stated.preset) if stated.preset else None
    if stated.preset and preset is None:
        findings.append(
            _unknown(UNKNOWN_PRESET, "service preset", stated.preset, (*route, "preset"), presets.SERVICES)
        )
        return None
    host = _host(stated, preset, platform, route)
    port = maybe(stated, "port", stated.port, route) or (
        from_preset(preset.port, preset.name, "the port of its Service") if preset else None
    )
    protocol = stated.protocol or (preset.protocol if preset else None)
    missing = [
        key for key, value in (("host", host), ("port", port), ("protocol", protocol)) if value is None
    ]
    if host is None or port is None or protocol is None:
        findings.append(
            MISSING_KEY.report(
                f"service `{name}` lacks {', '.join(f'`{key}`' for key in missing)}",
                at=at(*route),
                help=f"add them, or a `preset:` ({', '.join(sorted(presets.SERVICES))})",
            )
        )
        return None
    if preset and preset.name == "kfp-metadata-grpc":
        _metadata_exists(platform, route, findings)
    return _service(name, stated, preset, host, port, Protocol(protocol), platform)


def _metadata_exists(platform: Platform, route: tuple[str, ...], findings: Findings) -> None:
    if platform.pipelines is None:
        findings.append(
            MISSING_KEY.report(
                "the metadata store is part of Pipelines, and `platform.pipelines` is missing",
                at=at(*route),
                help="add `platform.pipelines`",
            )
        )


def _host(stated: spec.Service, preset: presets.ServicePreset | None, platform: Platform,
          route: tuple[str, ...]) -> Fact[str] | None:  # fmt: skip
    if stated.host is not None:
        return from_spec(stated.host, *route, "host")
    if preset is None or not preset.service or platform.pipelines is None:
        return None
    namespace = platform.pipelines.namespace
    name = f"{preset.service}.{namespace.value}.svc.cluster.local"
    return Fact(
        name, (*from_preset(name, preset.name, "the name of its Service").origins, *namespace.origins)
    )


def _service(name: str, stated: spec.Service, preset: presets.ServicePreset | None, host: Fact[str],
             port: Fact[int], protocol: Protocol, platform: Platform) -> Service:  # fmt: skip
    route = ("network", "services", name)
    runtime = Runtime(stated.runtime or (preset.runtime if preset else "other"))
    meshed = platform.mesh is not None and platform.mesh.data_plane is DataPlane.SIDECAR
    local = ".svc" in host.value
    own, below = stated.knative, (*route, "knative")
    return Service(
        name, stated.preset or "", host, port,
        maybe(stated, "target_port", stated.target_port, route) or port,
        stated.port_name or (preset.port_name if preset else None),
        protocol, runtime,
        meshed and local if stated.sidecar is None else stated.sidecar and meshed,
        _labels(stated.labels, route) or _preset_labels(preset),
        _policy(stated, preset, runtime, route) if protocol is Protocol.GRPC else None,
        maybe(stated, "max_connection_age", stated.max_connection_age, route),
        maybe(stated, "max_connection_age_grace", stated.max_connection_age_grace, route),
        maybe(stated, "max_message", stated.max_message, route),
        maybe(stated, "wait_timeout", stated.wait_timeout, route),
        _existing_rule(stated, preset, platform, route),
        at(*route),
        _workload(stated, preset, host, route),
        maybe(stated, "longest_request", stated.longest_request, route),
        ztunnel=_ambient(platform) and local and stated.sidecar is not False,
        max_connections=maybe(stated, "max_connections", stated.max_connections, route),
        knative=None if own is None else fact(own, "name", own.name, below),
        knative_max=None if own is None else fact(own, "max_timeout", own.max_timeout, below),
    )  # fmt: skip


def _workload(stated: spec.Service, preset: presets.ServicePreset | None, host: Fact[str],
              route: tuple[str, ...]) -> Workload | None:  # fmt: skip
    namespace = host.to(lambda name: name.split(".")[1] if ".svc" in name else "")
    own, route = stated.workload, (*route, "workload")
    if own is not None:
        name = fact(own, "name", own.name, route)
        container = maybe(own, "container", own.container, route) or name
        return Workload(fact(own, "kind", own.kind, route), name, namespace, container)
    if preset is None or preset.workload is None:
        return None
    known = [from_preset(word, preset.name, "what it runs as") for word in preset.workload]
    return Workload(known[0], known[1], namespace, known[2])


def _labels(stated: Mapping[str, str], route: tuple[str, ...]) -> dict[str, Fact[str]]:
    return {key: from_spec(value, *route, "labels", key) for key, value in stated.items()}


def _preset_labels(preset: presets.ServicePreset | None) -> dict[str, Fact[str]]:
    if preset is None:
        return {}
    return {key: from_preset(value, preset.name, "the labels of its pods") for key, value in preset.labels}


def _existing_rule(stated: spec.Service, preset: presets.ServicePreset | None, platform: Platform,
                   route: tuple[str, ...]) -> Fact[str] | None:  # fmt: skip
    if (
        stated.destination_rule is None
        and preset
        and preset.shipped_rule
        and platform.pipelines
        and platform.pipelines.multi_user
    ):
        return from_preset(preset.shipped_rule, preset.name, "multi-user installs bring this DestinationRule")
    return maybe(stated, "destination_rule", stated.destination_rule, route)


def _policy(stated: spec.Service, preset: presets.ServicePreset | None, runtime: Runtime,
            route: tuple[str, ...]) -> PingPolicy:  # fmt: skip
    known = RUNTIMES[runtime.value]
    title = f"grpc {known.name} server"
    permit = stated.permit_pings_without_calls
    return PingPolicy(
        maybe(stated, "min_ping_interval", stated.min_ping_interval, route)
        or from_preset(known.min_ping_interval, title, "pings that come sooner are strikes"),
        from_preset(known.permit_without_calls, title, "pings on a connection without calls")
        if permit is None
        else fact(stated, "permit_pings_without_calls", permit, route),
        from_preset(known.strikes, title, "strikes before GOAWAY too_many_pings"),
        preset is not None and preset.settable,
    )


def references(network: spec.Network, findings: Findings) -> None:
    """A finding for every name in the calls and overrides that nothing declares."""
    for index, call in enumerate(network.calls):
        route = ("network", "calls", index)
        if call.to not in network.services:
            findings.append(_unknown(UNKNOWN_NAME, "service", call.to, (*route, "to"), network.services))
        known = {**network.boxes, **network.gateways}
        for at_, name in enumerate(call.via):
            if name not in known:
                findings.append(_unknown(UNKNOWN_NAME, "box or gateway", name, (*route, "via", at_), known))
    for name, pins in network.overrides.items():
        if name in network.services and pins.request_timeout is not None:
            findings.append(
                WRONG_VALUE.report(
                    f"`requestTimeout` has no meaning for service `{name}`",
                    at=at("network", "overrides", name, "requestTimeout"),
                    help="pin it for a gateway; a service has `routeTimeout`",
                )
            )
    _pinned_services(network.overrides, {**network.services, **network.gateways}, findings)


def _pinned_services(pins: Mapping[str, spec.Pins], services: Iterable[str], findings: Findings) -> None:
    for name in pins:
        if name not in services:
            findings.append(
                _unknown(UNKNOWN_NAME, "service or gateway", name, ("network", "overrides", name), services)
            )

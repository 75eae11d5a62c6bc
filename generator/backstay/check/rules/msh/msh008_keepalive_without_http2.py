"""Keepalive or stream limits for HTTP/2 on a port that Istio does not take for HTTP/2.

http2KeepAlive and maxConcurrentStreams of a DestinationRule only work on ports whose name or appProtocol says http2 or
grpc (or with h2UpgradePolicy UPGRADE), and not with useClientProtocol; elsewhere they are dropped without a word. And
no proxy pings on a port that it forwards as opaque bytes.

Not judged: hosts whose ports nobody states (a Service, a ServiceEntry, the spec's `portName`), ports detected per
connection where an EnvoyFilter pings.

Breaks: nobody pings although the configuration says so; the first long silence ends in a reset.
Bad:
    network:
      services: {metadata: {preset: kfp-metadata-grpc, portName: tcp}}
      calls: [{from: pipeline-steps, to: metadata, detectDeadPeerIn: 2m}]
Good:
    network:
      services: {metadata: {preset: kfp-metadata-grpc, portName: grpc}}
      calls: [{from: pipeline-steps, to: metadata, detectDeadPeerIn: 2m}]
Source: istio/istio pilot/pkg/networking/core/cluster_traffic_policy.go, pkg/config/kube/conversion.go
"""

from collections.abc import Iterator, Mapping

from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import pools, way
from backstay.check.rules.msh.pools import Pool
from backstay.core.diagnostic import Diagnostic
from backstay.core.place import Place
from backstay.model.network import Knobs
from backstay.upstream.istio import PortProtocol, port_protocol

RULE = rule(__doc__, "MSH008", "keepalive-without-http2")

_SETTINGS = ("http2KeepAlive", "maxConcurrentStreams")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every connection pool with such a setting, then ports that proxies forward as bytes."""
    for item in ctx.of_kind("DestinationRule"):
        ports = pools.port_protocols(ctx, pools.host(ctx, item))
        for pool in pools.pools(item):
            for setting in _SETTINGS:
                if pool.get("http", setting) is not None:
                    yield from _judge(ctx, item, pool, setting, ports)
    for knobs in way.knobs(ctx):
        yield from _opaque(knobs)


def _judge(
    ctx: Context, item: Item, pool: Pool, setting: str, ports: Mapping[int, PortProtocol]
) -> Iterator[Diagnostic]:
    route = (*pool.route, "http", setting)
    if pool.get("http", "useClientProtocol") is True:
        message = f"{setting} has no effect with useClientProtocol"
        yield ctx.report(RULE, item, route, message, "remove `useClientProtocol`")
        return
    meant = {number: taken for number, taken in ports.items() if pool.port in {None, number}}
    upgraded = pool.get("http", "h2UpgradePolicy") == "UPGRADE"
    if meant and not upgraded and PortProtocol.HTTP2 not in meant.values():
        taken = ", ".join(f"{number} ({protocol})" for number, protocol in sorted(meant.items()))
        yield ctx.report(
            RULE, item, route, f"{setting} is dropped silently: Istio takes no port it is meant for as HTTP/2: {taken}",
            "name the Service port `grpc-...` or `http2-...`, or set its `appProtocol: grpc`",
        )  # fmt: skip


def _opaque(knobs: Knobs) -> Iterator[Diagnostic]:
    service = knobs.service
    if service.port_name is None or not (knobs.inbound or knobs.upstream):
        return
    if port_protocol(service.port.value, service.port_name) is PortProtocol.OPAQUE:
        yield RULE.report(
            f"sidecars forward port {service.port.value} (`{service.port_name}`) of {service.name} as bytes and cannot ping on it",
            at=Place(route=(*service.place.route, "portName")),
            help=f"name the Service port `grpc-{service.name}` and state that as `portName`",
        )  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"DestinationRule", "Service", "ServiceEntry", "knobs"}), run=check)

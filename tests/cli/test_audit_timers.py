"""`backstay audit --context`: what EnvoyFilters and connectionSettings tell proxies and gateways, read as it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.test_audit_context import FILTER, RULE, SERVER

if TYPE_CHECKING:
    from cli.conftest import Repository

Found = list[tuple[str, str | None, str | None]]
PINGS = "http2_protocol_options: {connection_keepalive: {interval: 60s, timeout: 20s}}"
STREAM = """\
network:
  boxes: {fw: {preset: firewall, idle: 2h}}
  services: {api: {host: api.shop.svc.cluster.local, port: 9000, protocol: grpc, runtime: go}}
  clients: {web: {sidecar: true, namespaces: [shop], labels: {app: web}}}
  calls: [{from: web, to: api, via: [fw], stream: server, silentFor: 1h}]
"""
THROUGH = """\
network:
  boxes: {fw: {preset: firewall, idle: 300s}}
  gateways: {edge: {labels: {istio: ingressgateway}}}
  services: {api: {host: api.shop.svc.cluster.local, port: 9000, protocol: grpc, runtime: go}}
  clients: {partners: {sidecar: false}}
  calls: [{from: partners, to: api, via: [edge], stream: both, silentFor: 1h}]
"""
BEHIND = THROUGH.replace("via: [edge]", "via: [edge, fw]")
ROUTE = """\
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: route, namespace: shop}
spec:
  priority: 10
  workloadSelector: {labels: {app: web}}
  configPatches:
    - applyTo: HTTP_ROUTE
      match: {context: SIDECAR_OUTBOUND, routeConfiguration: {vhost: {name: "api.shop.svc.cluster.local:9000"}}}
      patch: {operation: MERGE, value: {route: {idle_timeout: 300s}}}
"""
CLUSTER = """\
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: socket, namespace: istio-system}
spec:
  priority: 10
  configPatches:
    - applyTo: CLUSTER
      match: {context: CONTEXT, cluster: {service: api.shop.svc.cluster.local}}
      patch: {operation: MERGE, value: VALUE}
"""
PODS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: istio-ingressgateway, namespace: istio-system}
spec:
  selector: {matchLabels: {istio: ingressgateway}}
  template:
    metadata:
      labels: {istio: ingressgateway}
      annotations: {proxy.istio.io/config: "connectionSettings: {SETTINGS}"}
    spec: {containers: [{name: istio-proxy, image: auto}]}
"""
MESH = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "defaultConfig: {connectionSettings: {httpStreamIdleTimeout: 300s}}"}
"""


def filter_with(
    words: str, context: str = "SIDECAR_INBOUND", labels: str = "app: api", home: str = "shop"
) -> str:
    """An EnvoyFilter of connection managers."""
    text = FILTER.replace(PINGS, words).replace("SIDECAR_INBOUND", context).replace("app: api", labels)
    return text.replace("namespace: shop", f"namespace: {home}")


def gateway_filter(words: str) -> str:
    """One for the ingress gateway."""
    return filter_with(words, "GATEWAY", "istio: ingressgateway", "istio-system")


def audit(repository: Repository, context: str, *objects: str, istio: str = "1.30") -> Found:
    """The findings about calls."""
    repository.text("apps/a.yaml", "---\n".join((SERVER, *objects)))
    repository.text("context.yaml", context)
    ran = repository.backstay(
        "audit", "apps", "--platform", f"kubernetes=1.36,istio={istio}", "--context", "context.yaml", "--format", "json"
    )  # fmt: skip
    wanted = ("MSH001", "MSH002", "MSH015", "MSH025", "MSH038")
    return [
        (one["rule"], one["object"] and one["object"]["name"], one["field"]) for one in ran.findings if one["rule"] in wanted
    ]  # fmt: skip


TIMER = "spec.configPatches[0].patch.value.typed_config.stream_idle_timeout"


@pytest.mark.parametrize(
    ("objects", "istio", "found"),
    [
        ([], "1.30", []),
        ([filter_with("stream_idle_timeout: 300s")], "1.30", [("MSH015", "api", TIMER)]),
        ([filter_with("streamIdleTimeout: 300s")], "1.30", [("MSH015", "api", TIMER.replace("stream_idle_timeout", "streamIdleTimeout"))]),
        ([filter_with("stream_idle_timeout: 300s", labels="app: other")], "1.30", []),
        ([filter_with("stream_idle_timeout: 0s")], "1.30", []),
        ([filter_with("stream_idle_timeout: 2h")], "1.30", []),
        ([filter_with("stream_idle_timeout: 300s", "SIDECAR_OUTBOUND", "app: web")], "1.30", [("MSH015", "api", TIMER)]),
        ([filter_with("stream_idle_timeout: 300s", "GATEWAY")], "1.30", []),
        ([ROUTE], "1.30", [("MSH015", "route", "spec.configPatches[0].patch.value.route.idle_timeout")]),
        ([ROUTE.replace("300s", "0s"), filter_with("stream_idle_timeout: 300s", "SIDECAR_OUTBOUND", "app: web")], "1.30", []),
        ([ROUTE.replace("local:9000", "local:9001")], "1.30", []),
        ([MESH], "1.31", [("MSH015", "istio", "data.mesh")]),
        ([MESH], "1.30", []),
        ([MESH, filter_with("stream_idle_timeout: 0s")], "1.31", []),
    ],
    ids=["nothing", "filter", "the other spelling", "another's", "never", "long enough", "the caller's", "a gateway's", "a route's",
         "a route before the manager", "another route's", "mesh", "mesh, before 1.31", "a filter before the mesh"],
)  # fmt: skip
def test_timers_of_sidecars_are_seen_where_they_are_told(
    objects: list[str], istio: str, found: Found, repository: Repository
) -> None:
    """The finding stands at the number."""
    assert audit(repository, STREAM, FILTER, *objects, istio=istio) == found


@pytest.mark.parametrize(
    ("objects", "istio", "found"),
    [
        ([], "1.31", []),
        ([gateway_filter("stream_idle_timeout: 300s")], "1.30", [("MSH015", "api", TIMER)]),
        ([gateway_filter("request_timeout: 60s")], "1.30", [("MSH038", "api", TIMER.replace("stream_idle", "request"))]),
        ([filter_with("stream_idle_timeout: 300s", "GATEWAY", "istio: other", "istio-system")], "1.30", []),
        ([PODS.replace("SETTINGS", "httpStreamIdleTimeout: 300s")], "1.31",
         [("MSH015", "istio-ingressgateway", 'spec.template.metadata.annotations["proxy.istio.io/config"]')]),
        ([PODS.replace("SETTINGS", "httpStreamIdleTimeout: 300s")], "1.30", []),
        ([PODS.replace("SETTINGS", "profile: EDGE, httpStreamIdleTimeout: 0s, httpRequestTimeout: 0s")], "1.31", []),
        ([PODS.replace("SETTINGS", "httpStreamIdleTimeout: 300s"), gateway_filter("stream_idle_timeout: 0s")], "1.31", []),
    ],
    ids=["nothing", "stream", "request", "another's", "annotation", "annotation, before 1.31", "profile turned off", "filter first"],
)  # fmt: skip
def test_timers_of_gateways_are_seen_where_they_are_told(
    objects: list[str], istio: str, found: Found, repository: Repository
) -> None:
    """By filters, by the pods' annotation."""
    assert audit(repository, THROUGH, *objects, istio=istio) == found


def test_an_edge_profile_is_seen(repository: Repository) -> None:
    """Both of its timers are 5m."""
    found = audit(repository, THROUGH, PODS.replace("SETTINGS", "profile: EDGE"), istio="1.31")
    assert {rule for rule, *_ in found} == {"MSH015", "MSH038"}


@pytest.mark.parametrize(
    ("objects", "found"),
    [
        ([], ["MSH002"]),
        ([CLUSTER.replace("CONTEXT", "GATEWAY").replace("VALUE", KEEP := "{typed_extension_protocol_options: "
          "{envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {explicit_http_config: {http2_protocol_options: "
          "{connection_keepalive: {interval: 60s, timeout: 20s}}}}}}")], []),
        ([CLUSTER.replace("CONTEXT", "SIDECAR_OUTBOUND").replace("VALUE", KEEP)], ["MSH002"]),
        ([FILTER], []),
    ],
    ids=["nobody", "the gateway's cluster", "clusters of sidecars", "the server's sidecar"],
)  # fmt: skip
def test_pings_behind_a_gateway_are_those_of_the_gateway(
    objects: list[str], found: list[str], repository: Repository
) -> None:
    """What callers' sidecars do is of no use there."""
    assert [rule for rule, *_ in audit(repository, BEHIND, *objects)] == found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("{upstream_connection_options: {tcp_keepalive: {keepalive_time: 60, keepalive_interval: 10, keepalive_probes: 3}}}", []),
        ("{upstreamConnectionOptions: {tcpKeepalive: {keepaliveTime: 60}}}", []),
        ("{upstream_connection_options: {tcp_keepalive: {keepalive_time: 600}}}", ["MSH025"]),
        ("{upstream_connection_options: {tcp_keepalive: {keepalive_probes: 3}}}", ["MSH002"]),
        ("{upstream_connection_options: {tcp_keepalive: {keepalive_time: true}}}", ["MSH002"]),
    ],
    ids=["seconds", "the other spelling", "too slow", "no time", "no number"],
)  # fmt: skip
def test_probes_that_a_filter_turns_on_are_seen(value: str, found: list[str], repository: Repository) -> None:
    """Envoy's fields are whole seconds; what is left out is Linux's own."""
    context = STREAM.replace("idle: 2h", "idle: 300s")
    told = CLUSTER.replace("CONTEXT", "SIDECAR_OUTBOUND").replace("VALUE", value)
    assert [rule for rule, *_ in audit(repository, context, told)] == found


def test_a_filter_for_sockets_comes_before_a_rule(repository: Repository) -> None:
    """It is merged over what istiod makes of the rule."""
    rule = RULE.replace("POOL", "{tcp: {tcpKeepalive: {time: 60s, interval: 10s, probes: 3}}}")
    slow = CLUSTER.replace("CONTEXT", "ANY").replace(
        "VALUE", "{upstream_connection_options: {tcp_keepalive: {keepalive_time: 600}}}"
    )
    context = STREAM.replace("idle: 2h", "idle: 300s")
    assert audit(repository, context, rule) == []
    assert [rule for rule, *_ in audit(repository, context, rule, slow)] == ["MSH025"]

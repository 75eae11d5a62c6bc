"""A CLUSTER patch of HttpProtocolOptions that is incomplete, too wide, or one of several for a cluster.

These options are a map entry: MERGE replaces all of what Istio generated. Without a protocol choice Envoy refuses the
cluster; without a cluster match every cluster gets them, plain TCP ones too; `service` is compared with full host
names; and of two patches for one cluster the later takes away the earlier's. From Istio 1.31 a DestinationRule says
the same without replacing anything (a warning).

Not judged: patches whose selectors may or may not meet in one pod; what else the replaced options held.

Breaks: proxies refuse the update; or HTTP/1 services are called with HTTP/2; or pings that were configured are gone.
Bad:
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata: {name: keepalive, namespace: shop}
    spec:
      priority: 10
      configPatches:
        - applyTo: CLUSTER
          match: {context: SIDECAR_OUTBOUND}
          patch:
            operation: MERGE
            value:
              typed_extension_protocol_options:
                envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                  "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                  explicit_http_config: {http2_protocol_options: {}}
Good:
    apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata: {name: keepalive, namespace: shop}
    spec:
      priority: 10
      configPatches:
        - applyTo: CLUSTER
          match: {context: SIDECAR_OUTBOUND, cluster: {service: orders.shop.svc.cluster.local}}
          patch:
            operation: MERGE
            value:
              typed_extension_protocol_options:
                envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                  "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                  explicit_http_config: {http2_protocol_options: {}}
Source: istio/istio pilot/pkg/networking/core/envoyfilter/cluster_patch.go, istio/istio#42424, istio/istio#53685; envoy extensions/upstreams/http/v3/http_protocol_options.proto
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import envoy
from backstay.check.rules.msh.envoy import Patch
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.feature import Feature
from backstay.core.fix import Edit, unsafe
from backstay.core.route import Route

RULE = rule(__doc__, "MSH032", "protocol-options-replaced")

_CHOICES = ("explicit_http_config", "use_downstream_protocol_config", "auto_config")
_EXPLICIT = ("http_protocol_options", "http2_protocol_options", "http3_protocol_options")
_IN_A_RULE = frozenset({"interval", "timeout"})
_CLUSTER = ("name", "service", "portNumber", "subset")


@dataclass(frozen=True, slots=True)
class Options:
    """The HttpProtocolOptions of a patch and where they stand."""

    patch: Patch
    value: Mapping[str, object]
    route: Route


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every such patch alone, then each two of them together."""
    found = [
        Options(patch, value, route)
        for patch in envoy.patches(ctx)
        if patch.apply_to == "CLUSTER" and patch.operation.startswith("MERGE")
        for value, route in envoy.protocol_options(patch)
    ]
    for options in found:
        yield from _alone(ctx, options)
    for first, second in combinations(found, 2):
        if first.value != second.value and _meet(ctx, first.patch, second.patch):
            yield ctx.report(
                RULE, second.patch.item, second.route,
                f"{first.patch.item.ref} replaces these options for the same cluster, or is replaced by them",
                "put both into one patch with the complete options",
            )  # fmt: skip


def _alone(ctx: Context, options: Options) -> Iterator[Diagnostic]:
    item, cluster = options.patch.item, look.mapping(options.patch.match.get("cluster"))
    if not _chooses(options.value):
        yield ctx.report(RULE, item, options.route, "the options name no protocol, and Envoy refuses the cluster",
                         "add `explicit_http_config: {http2_protocol_options: {...}}`")  # fmt: skip
    if not any(cluster.get(key) for key in _CLUSTER):
        yield ctx.report(RULE, item, (*options.patch.route, "match"),
                         "the patch names no cluster and replaces the options of all of them, plain TCP ones included",
                         "add `cluster: {service: <host>, portNumber: <port>}`")  # fmt: skip
    service = look.text(cluster.get("service"))
    if service and "." not in service:
        yield ctx.report(RULE, item, (*options.patch.route, "match", "cluster", "service"),
                         f"`{service}` matches no cluster: only full host names do",
                         f"write `{service}.{item.ref.namespace or '<namespace>'}.svc.cluster.local`",
                         fix=unsafe("write the full name", Edit((*options.patch.route, "match", "cluster", "service"), f"{service}.{item.ref.namespace}.svc.cluster.local"))
                         if item.ref.namespace else None)  # fmt: skip
    if (
        ctx.has(Feature.HTTP2_KEEPALIVE)
        and options.patch.context == "SIDECAR_OUTBOUND"
        and _fits_a_rule(options)
    ):
        yield ctx.report(RULE, item, options.route, "a DestinationRule's http2KeepAlive says this without replacing anything",
                         "use a DestinationRule: Istio knows http2KeepAlive from 1.31", Severity.WARNING)  # fmt: skip


def _chooses(options: Mapping[str, object]) -> bool:
    """Whether a protocol is chosen: the first choice needs one of its own in it."""
    chosen = [(name, envoy.within(options, name)[0]) for name in _CHOICES]
    return any(
        value is not None
        and (name != _CHOICES[0] or any(envoy.within(value, kind)[0] is not None for kind in _EXPLICIT))
        for name, value in chosen
    )


def _fits_a_rule(options: Options) -> bool:
    pings, _ = envoy.within(options.value, _CHOICES[0], "http2_protocol_options", "connection_keepalive")
    return isinstance(pings, Mapping) and set(pings) <= _IN_A_RULE


def _meet(ctx: Context, one: Patch, other: Patch) -> bool:
    """Whether both patches surely reach one cluster of one proxy."""
    spaces = {one.item.ref.namespace, other.item.ref.namespace}
    if len(spaces) > 1 and envoy.root_namespace(ctx) not in spaces:
        return False
    contexts = {one.context or "ANY", other.context or "ANY"}
    if len(contexts - {"ANY"}) > 1 or not _nested(envoy.selector(one.item), envoy.selector(other.item)):
        return False
    return _same_cluster(*(look.mapping(patch.match.get("cluster")) for patch in (one, other)))


def _same_cluster(mine: Mapping[str, object], theirs: Mapping[str, object]) -> bool:
    """Whether two matches surely fit one cluster: a name wins over all else, and what is left out fits anything."""
    if mine and theirs and ("name" in mine or "name" in theirs):
        return mine.get("name") == theirs.get("name")
    return all(mine.get(key) in (None, theirs.get(key)) or theirs.get(key) is None for key in _CLUSTER)


def _nested(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    """Whether every pod that one of two selectors takes is taken by the other."""
    fewer, more = sorted((one, other), key=len)
    return fewer.items() <= more.items()


CHECK = Check(RULE, reads=frozenset({"EnvoyFilter"}), run=check)

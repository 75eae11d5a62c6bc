"""The shutdown of a pod with a native sidecar is arranged with what works for classic ones only.

A native sidecar drains for as long as the app lives and ends at once after it: terminationDrainDuration,
EXIT_ON_ZERO_ACTIVE_CONNECTIONS and holdApplicationUntilProxyStarts do nothing. What counts is the time that the pod has:
the app's preStop hook and the requests in flight have to fit into it. A `lifecycle` of the proxy's own replaces the preStop
hook that starts the drain (a warning).

Not judged: pods that may be without a sidecar or whose sidecar may be classic; the mesh-wide configuration, as both kinds
may read it; preStop commands other than `sleep`.

Breaks: the time that was set has no effect, and requests are cut at the pod's grace period all the same.
Bad:
    # --platform istio=1.30,kubernetes=1.36
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: api, namespace: shop}
    spec:
      template:
        metadata: {annotations: {proxy.istio.io/config: "terminationDrainDuration: 60s"}}
        spec: {containers: [{name: main}]}
Good:
    # --platform istio=1.30,kubernetes=1.36
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: api, namespace: shop}
    spec:
      template:
        spec: {terminationGracePeriodSeconds: 75, containers: [{name: main}]}
Source: istio/istio manifests/charts/istio-control/istio-discovery/files/injection-template.yaml, pkg/envoy/agent.go, istio/istio release notes 1.27
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import ending
from backstay.check.rules.msh.ending import Kind, Pod
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.fix import Edit, under, unsafe
from backstay.core.units import show_duration

RULE = rule(__doc__, "MSH029", "native-sidecar-drain")

_INJECTOR = "istio-sidecar-injector"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge what every pod's annotation sets in vain, its time, and its proxy's hooks; then the injector's hooks."""
    for pod in ending.pods(ctx, Kind.NATIVE):
        yield from _in_vain(ctx, pod)
        yield from _too_short(ctx, pod)
        yield from _own_hooks(ctx, pod)
    yield from _injected_hooks(ctx)


def _in_vain(ctx: Context, pod: Pod) -> Iterator[Diagnostic]:
    own = look.mapping(ctx.nested(pod.annotations.get(ending.PROXY_CONFIG)))
    settings = [name for name in ("terminationDrainDuration",) if name in own]
    settings += [name for name in ("holdApplicationUntilProxyStarts",) if own.get(name) is True]
    settings += [name for name in (ending.EXIT_ON_ZERO,) if name in look.mapping(own.get("proxyMetadata"))]
    for name in settings:
        yield ctx.report(
            RULE, pod.item, pod.annotation, f"{name} does nothing for a native sidecar, which ends after the app",
            "remove it, and give the pod the time it needs by `terminationGracePeriodSeconds`",
        )  # fmt: skip


def _too_short(ctx: Context, pod: Pod) -> Iterator[Diagnostic]:
    flight = ending.longest_request(ctx, pod.services)
    request = flight.value if flight is not None else 0
    if pod.grace is not None and pod.pre_stop + request > pod.grace:
        yield ctx.report(
            RULE, pod.item, pod.grace_route,
            f"the pod is killed after {show_duration(pod.grace)}, and {ending.parts(pod, request)}",
            f"write `terminationGracePeriodSeconds: {int(pod.pre_stop + request) // 1000 + 5}`",
            fix=unsafe(f"write {int(pod.pre_stop + request) // 1000 + 5}",
                       Edit(under(pod.grace_route, "terminationGracePeriodSeconds"), int(pod.pre_stop + request) // 1000 + 5)),
        )  # fmt: skip


def _own_hooks(ctx: Context, pod: Pod) -> Iterator[Diagnostic]:
    for entry, route in ending.proxy_containers(pod):
        if look.mapping(entry.get("lifecycle")):
            yield ctx.report(RULE, pod.item, (*route, "lifecycle"), _REPLACED, _REMOVE, Severity.WARNING,
                             unsafe("take it out", Edit((*route, "lifecycle"), None)))  # fmt: skip


def _injected_hooks(ctx: Context) -> Iterator[Diagnostic]:
    for item in ctx.named("ConfigMap", _INJECTOR):
        values = ctx.nested(look.data(item).get("values"))
        if (
            look.mapping(look.at(values, "global", "proxy", "lifecycle"))
            and ending.by_default(ctx) is Kind.NATIVE
        ):
            yield ctx.report(
                RULE,
                item,
                ("data", "values"),
                f"global.proxy.lifecycle: {_REPLACED}",
                _REMOVE,
                Severity.WARNING,
            )


_REPLACED = "the proxy's own lifecycle takes the place of the preStop hook that starts its drain"
_REMOVE = "remove it, or have its preStop hook POST to the proxy's /drain as well"

CHECK = Check(RULE, reads=ending.KINDS | {"calls", "drain", "services"}, run=check)

"""A classic sidecar goes before what is under way in its pod has come to an end.

It gets SIGTERM together with the app, and is killed `terminationDrainDuration` (5s by default) later, whatever still runs
through it: the app's preStop hook first, then the requests in flight. The drain has to be as long as both together, and
shorter than terminationGracePeriodSeconds, when the whole pod is killed.

Not judged: pods that may be without a sidecar (no injection label, no proxy annotation, no service of the spec) or whose
sidecar may be native; sidecars that wait for connections (MSH030); preStop commands other than `sleep`.

Breaks: every rollout cuts the requests that it was to let finish, and calls that the app makes while it shuts down fail.
Bad:
    # --platform istio=1.26
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: api, namespace: shop}
    spec:
      template:
        metadata: {annotations: {proxy.istio.io/config: "terminationDrainDuration: 60s"}}
        spec: {terminationGracePeriodSeconds: 30, containers: [{name: main}]}
Good:
    # --platform istio=1.26
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: api, namespace: shop}
    spec:
      template:
        metadata: {annotations: {proxy.istio.io/config: "terminationDrainDuration: 60s"}}
        spec: {terminationGracePeriodSeconds: 75, containers: [{name: main}]}
Source: istio/istio pkg/envoy/agent.go (terminationDrainDuration), istio/api mesh/v1alpha1/proxy.proto
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import ending
from backstay.check.rules.msh.ending import Kind, Pod
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, under, unsafe
from backstay.core.units import show_duration

RULE = rule(__doc__, "MSH028", "classic-sidecar-cuts-drain")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the drain of every classic sidecar against what comes before its end and against the pod's."""
    for pod in ending.pods(ctx, Kind.CLASSIC):
        if pod.drain is not None and not pod.waits_for_connections:
            yield from _too_short(ctx, pod, pod.drain)
            yield from _too_long(ctx, pod, pod.drain)


def _too_short(ctx: Context, pod: Pod, drain: float) -> Iterator[Diagnostic]:
    flight = ending.longest_request(ctx, pod.services)
    request = flight.value if flight is not None else 0
    if pod.pre_stop + request > drain:
        yield ctx.report(
            RULE, pod.item, pod.annotation,
            f"the sidecar ends {show_duration(int(drain))} after SIGTERM, and {ending.parts(pod, request)}",
            f"write `terminationDrainDuration: {int(pod.pre_stop + request) // 1000}s` into {ending.PROXY_CONFIG}, and a grace above it",
        )  # fmt: skip


def _too_long(ctx: Context, pod: Pod, drain: float) -> Iterator[Diagnostic]:
    if pod.grace is not None and drain >= pod.grace:
        yield ctx.report(
            RULE, pod.item, pod.grace_route,
            f"the pod is killed after {show_duration(pod.grace)}, before its sidecar has drained for {show_duration(int(drain))}",
            f"write `terminationGracePeriodSeconds: {int(drain) // 1000 + 5}`",
            fix=unsafe(f"write {int(drain) // 1000 + 5}", Edit(under(pod.grace_route, "terminationGracePeriodSeconds"), int(drain) // 1000 + 5)),
        )  # fmt: skip


CHECK = Check(RULE, reads=ending.KINDS | {"calls", "drain", "services"}, run=check)

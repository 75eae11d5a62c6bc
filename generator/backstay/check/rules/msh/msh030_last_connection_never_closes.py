"""A sidecar that goes with its last connection has longer to wait than the pod has time.

With EXIT_ON_ZERO_ACTIVE_CONNECTIONS a classic sidecar drains for MINIMUM_DRAIN_DURATION and then waits until nobody is
connected; it counts connections, not requests, so one that a keepalive holds open counts for ever. Something has to end
connections, such as the server's `maxConnectionAge` (10% of jitter) with its grace, and the pod has to have that long.

Not judged: how long connections live where the spec does not name the service; sidecars that may be native (MSH029).

Breaks: every pod takes its whole grace period to go, and the connections are cut at the end of it after all.
Bad:
    platform: {istio: {version: "1.26"}}
    network:
      services:
        features:
          host: features.prod.svc.cluster.local
          port: 8443
          protocol: grpc
          runtime: go
          labels: {app: features}
      calls: [{from: trainers, to: features}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: features, namespace: prod}
    spec:
      template:
        metadata:
          labels: {app: features}
          annotations:
            proxy.istio.io/config: "proxyMetadata: {EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'true'}"
        spec: {terminationGracePeriodSeconds: 100, containers: [{name: main}]}
Good:
    platform: {istio: {version: "1.26"}}
    network:
      services:
        features:
          host: features.prod.svc.cluster.local
          port: 8443
          protocol: grpc
          runtime: go
          maxConnectionAge: 60s
          maxConnectionAgeGrace: 29s
          labels: {app: features}
      calls: [{from: trainers, to: features}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: features, namespace: prod}
    spec:
      template:
        metadata:
          labels: {app: features}
          annotations:
            proxy.istio.io/config: "proxyMetadata: {EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'true'}"
        spec: {terminationGracePeriodSeconds: 100, containers: [{name: main}]}
Source: istio/istio pkg/envoy/agent.go (EXIT_ON_ZERO_ACTIVE_CONNECTIONS), grpc proposal A9 (server connection age)
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import ending, envoy
from backstay.check.rules.msh.ending import Kind, Pod
from backstay.core.diagnostic import Diagnostic
from backstay.core.units import show_duration
from backstay.model.network import Service
from backstay.upstream.istio import TERMINATION_DRAIN_MS

RULE = rule(__doc__, "MSH030", "last-connection-never-closes")

_JITTER = 10


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every sidecar that waits: alone, then with the services behind it."""
    for pod in ending.pods(ctx, Kind.CLASSIC):
        least = envoy.milliseconds(pod.variable("MINIMUM_DRAIN_DURATION")) or TERMINATION_DRAIN_MS
        if not pod.waits_for_connections:
            continue
        if pod.grace is not None and least >= pod.grace:
            message = f"the sidecar waits for {show_duration(int(least))} at least, and the pod is killed after {show_duration(pod.grace)}"
            yield ctx.report(RULE, pod.item, pod.grace_route, message, _help(least))
            continue
        for service in pod.services:
            yield from _judge(ctx, pod, service, least)


def _judge(ctx: Context, pod: Pod, service: Service, least: float) -> Iterator[Diagnostic]:
    if service.max_connection_age is None:
        yield ctx.report(
            RULE, pod.item, pod.annotation,
            f"the sidecar waits until the last connection to {service.name} is closed, and nothing closes them",
            f"have the server end its connections, and state `network.services.{service.name}.maxConnectionAge`",
        )  # fmt: skip
        return
    grace = service.max_connection_age_grace
    life = service.max_connection_age.value * (100 + _JITTER) // 100 + (grace.value if grace else 0)
    if pod.grace is not None and least + life > pod.grace:
        yield ctx.report(
            RULE, pod.item, pod.grace_route,
            f"connections to {service.name} live for up to {show_duration(life)}, the sidecar waits for {show_duration(int(least))} "
            f"at least, and the pod is killed after {show_duration(pod.grace)}",
            _help(least + life),
        )  # fmt: skip


def _help(needed: float) -> str:
    return f"write `terminationGracePeriodSeconds: {int(needed) // 1000 + 5}`"


CHECK = Check(RULE, reads=ending.KINDS | {"services"}, run=check)

"""Retries on several layers multiply to more tries than the server was to see.

Each layer tries again what the one below has given up: a pipeline step that is tried 4 times, whose call is tried 3 times
by its sidecar, reaches the server 12 times. The layers: Argo's retries of steps, the mesh (sidecars try 3 times where no
route says otherwise; `retries.calls` in their place), each gateway on the way, and the caller's gRPC service config. The budget is
`retries.maxAttempts`, which sidecars are told to keep to; where it is not stated, 4, for layers that multiply (a warning).

Not judged: retries in the code of callers; hand-written manifests alone, where nobody says who calls whom; stated attempts
that exclude each other (MSH040).

Breaks: a server that is short of breath gets a multiple of its load, and does not recover.
Bad:
    retries: {maxAttempts: 3, pipelineSteps: null}
    network:
      clients: {trainers: {sidecar: false}}
      services:
        features: {host: features.prod.svc.cluster.local, port: 8443, protocol: grpc, runtime: core}
      calls: [{from: trainers, to: features}]
      overrides:
        features:
          clientArguments:
            grpc.service_config: |
              {"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 4, "initialBackoff": "0.1s",
                "maxBackoff": "1s", "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]}
Good:
    retries: {maxAttempts: 3, pipelineSteps: null}
    network:
      clients: {trainers: {sidecar: false}}
      services:
        features: {host: features.prod.svc.cluster.local, port: 8443, protocol: grpc, runtime: core}
      calls: [{from: trainers, to: features}]
      overrides:
        features:
          clientArguments:
            grpc.service_config: |
              {"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 3, "initialBackoff": "0.1s",
                "maxBackoff": "1s", "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]}
Source: istio/istio pilot/pkg/networking/core/route/retry/retry.go (2 retries by default), grpc proposal A6 (maxAttempts), argoproj/argo-workflows workflow/controller/operator.go
"""

from collections.abc import Iterator
from math import prod

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import routes, service_config
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.place import Place
from backstay.model.hop import End
from backstay.model.network import Call
from backstay.model.parts import Retries

RULE = rule(__doc__, "MSH019", "retries-multiply")

_STEPS = "pipeline-steps"

Layer = tuple[str, int]


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the tries of steps alone, then those of every call."""
    if ctx.cluster is None or any(one.is_mutual and RULE.id in one.rules for one in ctx.cluster.conflicts):
        return
    retries = ctx.cluster.retries
    yield from _judge(ctx, retries, _of_steps(retries), "a pipeline step", _place(retries, Place()))
    for call in ctx.cluster.network.calls:
        layers = _layers(ctx, call, retries)
        if layers != _of_steps(retries):
            words = f"a call from {call.client.name} to {call.service.name}"
            yield from _judge(ctx, retries, layers, words, call.place)


def _layers(ctx: Context, call: Call, retries: Retries) -> list[Layer]:
    found = _of_steps(retries) if call.client.name == _STEPS else []
    if not _written_out(ctx, call):
        found += _of_calls(ctx, call, retries)
    found += _of_gateways(call)
    own = max((c.attempts for c in service_config.configs(ctx) if c.may_be_of(call)), default=1)
    found.append(("its service config", own))
    return [(name, tries) for name, tries in found if tries > 1]


def _written_out(ctx: Context, call: Call) -> bool:
    """Whether the tries that the spec asks for are those of the caller's service config, which backstay writes."""
    pair = (call.client.name, call.service.name)
    channels = ctx.cluster.callers.channels if ctx.cluster else ()
    return any((one.client.name, one.service.name) == pair and one.retries is not None for one in channels)


def _of_steps(retries: Retries) -> list[Layer]:
    return [("Argo", retries.steps.limit.value + 1)] if retries.steps else []


def _of_calls(ctx: Context, call: Call, retries: Retries) -> Iterator[Layer]:
    """The tries that the spec asks for, where a sidecar or the caller's gRPC can make them; else those of its sidecar.

    A sidecar that sends requests to a gateway goes by a route that is not backstay's.
    """
    who = "the mesh" if call.client.sidecar else "gRPC"
    if not call.service.protocol.is_http or not (call.client.sidecar or call.client.settable_keepalive):
        return
    if retries.calls is not None and call.routed_by_sidecar == call.client.sidecar:
        yield who, retries.calls.attempts.value
    elif call.client.sidecar:
        written = [http.retries.attempts for http in routes.to_host(ctx, call.service.host.value)]
        yield who, max(written, default=routes.unwritten(ctx).attempts) + 1


def _of_gateways(call: Call) -> Iterator[Layer]:
    for hop in call.hops if call.service.protocol.is_http else ():
        if hop.receiver_end is End.GATEWAY and hop.acceptor is not None:
            yield hop.receiver, hop.acceptor.retries.value + 1


def _judge(ctx: Context, retries: Retries, layers: list[Layer], what: str, at: Place) -> Iterator[Diagnostic]:
    tries, stated = prod(tries for _, tries in layers), retries.max_attempts
    budget = ctx.parameter(RULE, "budget") if stated is None else stated.value
    if tries <= budget or (stated is None and len(layers) == 1):
        return
    sums = " x ".join(f"{tries} by {name}" for name, tries in layers)
    allowed = f"more than the {budget} of `retries.maxAttempts`" if stated else f"more than {budget}"
    yield RULE.report(
        f"{what} is tried up to {tries} times ({sums}), {allowed}",
        at=_place(retries, at), severity=None if stated else Severity.WARNING,
        help=f"retry on one layer only, or state `retries.maxAttempts: {tries}` if the server can take it",
    )  # fmt: skip


def _place(retries: Retries, otherwise: Place) -> Place:
    return otherwise if retries.max_attempts is None else look.stated(retries.max_attempts, otherwise)


CHECK = Check(RULE, reads=service_config.KINDS | {"calls", "knobs", "retries", "VirtualService"}, run=check)

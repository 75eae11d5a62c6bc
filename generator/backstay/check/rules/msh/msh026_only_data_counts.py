"""A box on the way counts nothing but data, and the call is silent for longer than the box waits.

Application load balancers, classic ones and HTTP gateways end connections themselves: neither HTTP/2 PINGs nor TCP
probes reset their idle timers, and none of them reach the other side. An Istio gateway's timer stands still while a
request is open.

Not judged: calls without a stated silence.

Breaks: the balancer closes the connection in mid-call (an ALB after 60s by default), whatever pings there are.
Bad:
    network:
      boxes: {edge: {preset: aws-alb}}
      calls: [{from: pipeline-steps, to: metadata, via: [edge], silentFor: 10m}]
Good:
    network:
      boxes: {edge: {preset: aws-nlb}}
      calls: [{from: pipeline-steps, to: metadata, via: [edge], silentFor: 10m}]
Source: AWS Application Load Balancer guide ("do not support HTTP/2 PING frames"), AWS Classic ELB guide, envoy protocol.proto (idle_timeout)
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import way
from backstay.check.rules.msh.way import Danger
from backstay.core.diagnostic import Diagnostic
from backstay.core.units import show_duration
from backstay.upstream.presets import BOXES

RULE = rule(__doc__, "MSH026", "only-data-counts")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every impatient box that no ping can refresh."""
    for danger in way.dangers(ctx):
        held = danger.box.spares_streams and not danger.call.idles_between_calls
        if way.only_data(danger.box) and not held:
            yield RULE.report(
                f"no ping keeps box `{danger.box.name}` open: only data counts there; {danger.words}",
                at=danger.place, related=danger.related, help=_help(danger),
            )  # fmt: skip


def _help(danger: Danger) -> str:
    silence, half = danger.silence.value, show_duration(max(danger.box.idle.value // 2000, 1) * 1000)
    beat = f"have the application send data sooner and state `heartbeat: {half}`"
    preset = BOXES.get(danger.box.preset)
    if preset is not None and (preset.high or preset.idle) <= silence:
        return f"{beat}: an idle time above {show_duration(silence)} cannot be set on {preset.title}"
    return f"raise the idle time there and state `idle: {show_duration(silence * 5 // 4)}`, or {beat}"


CHECK = Check(RULE, reads=frozenset({"calls"}), run=check)

"""Several lines of the spec cannot all hold.

What boxes forget, what servers tolerate, how silent calls are, how soon a dead peer has to be noticed, how often things may be
tried, what has to fit into a deadline: where no number can satisfy all of it, the smallest set of lines that exclude each
other is told, each line with what it demands, and the smallest edit after which they can hold: the fewest lines, then
the least relative change. Without any one of the lines the others can hold together. Of several sets that one edit mends,
the first is told.

Not judged: one line that nothing can satisfy, and one pinned number (`overrides`) among facts; the rules of the single
constraints tell these (MSH001, MSH004, MSH005, MSH010, MSH018, MSH019), and keep silent where this rule speaks. Pools that are
too large together and streams that outlast their connection, which MSH036 and MSH027 tell with their smallest edit.

Breaks: whatever number is written down breaks one of the promises, and nobody knows which.
Bad:
    network:
      boxes: {fw: {idle: 60s}}
      services:
        features:
          host: features.prod.svc.cluster.local
          port: 8443
          protocol: grpc
          sidecar: false
          minPingInterval: 5m
          permitPingsWithoutCalls: true
      calls: [{from: trainers, to: features, via: [fw], silentFor: 1h}]
Good:
    network:
      boxes: {fw: {idle: 60s}}
      services:
        features:
          host: features.prod.svc.cluster.local
          port: 8443
          protocol: grpc
          sidecar: false
          minPingInterval: 20s
          permitPingsWithoutCalls: true
      calls: [{from: trainers, to: features, via: [fw], silentFor: 1h}]
Source: envoy api/envoy/config/core/v3/protocol.proto (KeepaliveSettings), grpc/grpc doc/keepalive.md, grpc proposals A6 and A8
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.msh import way
from backstay.core.diagnostic import Diagnostic, Related
from backstay.model.conflict import Change, Conflict

RULE = rule(__doc__, "MSH040", "promises-conflict")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Tell every set of several lines that exclude each other; of those that one edit mends, the first."""
    mended: dict[tuple[Change, ...], list[Conflict]] = {}
    for conflict in ctx.cluster.conflicts if ctx.cluster else ():
        if conflict.is_mutual and conflict.changes:
            mended.setdefault(conflict.changes, []).append(conflict)
        elif conflict.is_mutual:
            yield _report(conflict, 0)
    for first, *others in mended.values():
        yield _report(first, len(others))


def _report(conflict: Conflict, more: int) -> Diagnostic:
    first, *others = conflict.demands
    words = "; ".join(demand.words for demand in conflict.demands)
    sets = "another set" if more == 1 else f"{more} other sets"
    besides = f" (nor can {sets} of lines, which the same edit mends)" if more else ""
    return RULE.report(
        f"these cannot all hold: {words}{besides}",
        at=first.place,
        related=tuple(Related(demand.place, demand.words) for demand in others),
        help=_help(conflict),
    )


def _help(conflict: Conflict) -> str:
    if not conflict.changes:
        return "take one of these lines away: no other value that may be written makes them agree"
    return way.to_write(conflict.changes)


CHECK = Check(RULE, reads=frozenset({"conflicts"}), run=check)

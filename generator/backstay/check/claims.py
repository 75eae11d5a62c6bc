"""Judging objects by the claims of a rule, so that the rule in Python and the policy in a cluster say the same."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from backstay.check.context import Context, Item
from backstay.check.look import Part
from backstay.claims.claim import Expressed, Found, Installed
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Fix
from backstay.core.rule import Rule

Mend = Callable[[Item, Found], Fix | None]
"""The repair of what a claim found in an object, if there is one."""


def no_repair(_item: Item, _found: Found) -> Fix | None:
    """For claims whose findings only people can mend."""
    return None


def judge(ctx: Context, rule: Rule, expressed: Expressed, mend: Mend = no_repair) -> Iterator[Diagnostic]:
    """What the claims find in all objects: kind by kind, object by object."""
    told = expressed.claims(Installed(ctx.features, ctx.versions, ctx.parameters))
    for kind in dict.fromkeys(kind for claim in told for kind in claim.over):
        for item in ctx.of_kind(kind):
            for claim in told:
                for found in claim.judge(kind, item.value, partial=item.partial):
                    yield ctx.report(rule, item, found.route, found.message, found.help, found.severity,
                                     mend(item, found) or found.fix)  # fmt: skip


def judge_defaults(
    ctx: Context,
    rule: Rule,
    expressed: Expressed,
    defaults: Iterator[Part],
    mend: Mend = lambda _item, _found: None,
    kind: str = "Workflow",
) -> Iterator[Diagnostic]:
    """As `judge`, of parts that are like an object of a kind without being one: what is merged into all workflows."""
    for part in defaults:
        for found in _in_part(ctx, expressed, part, kind):
            there = replace(found, route=(*part.route, *found.route))
            yield ctx.report(rule, part.item, there.route, found.message, found.help, found.severity,
                             mend(part.item, there))  # fmt: skip


def _in_part(ctx: Context, expressed: Expressed, part: Part, kind: str) -> Iterator[Found]:
    for claim in expressed.claims(Installed(ctx.features, ctx.versions, ctx.parameters)):
        yield from claim.judge(kind, part.value, partial=True)

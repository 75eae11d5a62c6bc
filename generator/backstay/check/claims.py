"""Judging objects by the claims of a rule, so that the rule in Python and the policy in a cluster say the same."""

from collections.abc import Callable, Iterator

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
    ctx: Context, rule: Rule, expressed: Expressed, defaults: Iterator[Part]
) -> Iterator[Diagnostic]:
    """As `judge`, of parts that are like a Workflow without standing in one: they are merged into all workflows."""
    for part in defaults:
        for found in _in_workflow(ctx, expressed, part):
            yield ctx.report(
                rule, part.item, (*part.route, *found.route), found.message, found.help, found.severity
            )


def _in_workflow(ctx: Context, expressed: Expressed, part: Part) -> Iterator[Found]:
    for claim in expressed.claims(Installed(ctx.features, ctx.versions, ctx.parameters)):
        yield from claim.judge("Workflow", part.value, partial=True)

"""What the organisation's baseline asks of every pod."""

from collections.abc import Iterator

from backstay.check import claims
from backstay.check.context import Context
from backstay.claims import baseline
from backstay.claims.views import PODS
from backstay.core.diagnostic import Diagnostic
from backstay.core.rule import Rule

READS = frozenset(PODS)


def judge(ctx: Context, rule: Rule, mend: claims.Mend = claims.no_repair) -> Iterator[Diagnostic]:
    """Every pod that is not as the baseline asks; nothing where no spec states one."""
    stated = ctx.cluster.admission if ctx.cluster else None
    asked = baseline.expressed(stated.baseline, stated.defaults.value) if stated and stated.baseline else ()
    for one in asked:
        if one.rule == rule.id:
            yield from claims.judge(ctx, rule, one, mend)

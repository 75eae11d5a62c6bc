"""The strategy for lost nodes counts on a Kueue that is not there, or that cannot do it yet.

Kueue frees the pods of a lost node from 0.15 on, behind the gate FailureRecoveryPolicy. It does so for pods that it does not
manage, too, but it has to run.

Breaks: annotated pods stay Terminating on the dead node, and their jobs wait for ever.
Bad:
    platform: {kueue: "0.14"}
    termination: {nodeLoss: {recoverIn: 10m, strategy: kueue-failure-recovery}}
Good:
    platform: {kueue: "0.19"}
    termination: {nodeLoss: {recoverIn: 10m, strategy: kueue-failure-recovery}}
Source: kubernetes-sigs/kueue KEP 6757
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.core.diagnostic import Diagnostic, Related
from backstay.core.fact import Fact
from backstay.core.feature import Feature
from backstay.model.cluster import NO_JOBS
from backstay.model.jobs import Recovery, Strategy

RULE = rule(__doc__, "JOB044", "recovery-not-installed")

_HELP = 'install Kueue 0.15 or later and write `platform: {kueue: "0.19"}`, or choose `strategy: self-node-remediation`'


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the strategy against what is installed."""
    jobs = ctx.cluster.jobs if ctx.cluster else NO_JOBS
    recovery = jobs.recovery
    if recovery and recovery.strategy.value is Strategy.KUEUE and not ctx.has(Feature.KUEUE_FAILURE_RECOVERY):
        yield _absent(recovery, jobs.systems.kueue)


def _absent(recovery: Recovery, kueue: Fact[str] | None) -> Diagnostic:
    why = f"Kueue {kueue.value} has no FailureRecoveryPolicy" if kueue else "Kueue is not installed"
    return RULE.report(
        f"nothing frees the pods of a lost node: the strategy is kueue-failure-recovery, and {why}",
        at=look.stated(recovery.strategy, recovery.place),
        related=(Related(look.stated(kueue), "the installed Kueue"),) if kueue else (),
        help=_HELP,
    )


CHECK = Check(RULE, reads=frozenset({"jobs", "recovery"}), run=check)

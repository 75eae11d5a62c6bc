"""Running the rules: model rules before emit, object rules after, each finding with its severity.

A rule that fails on an input says nothing about it, and the others still run.
"""

from collections.abc import Iterator, Sequence

from backstay.check.context import Context
from backstay.check.registry import CHECKS
from backstay.check.rule import Check
from backstay.core.diagnostic import Diagnostic
from backstay.core.fault import RULE_CRASHED, fault_id
from backstay.model.cluster import Cluster

MODEL_PARTS = frozenset(
    {
        "platform",
        "calls",
        "conflicts",
        "gateways",
        "services",
        "knobs",
        "callers",
        "storage",
        "retries",
        "gitops",
        "pipelines",
        "workflows",
        "mesh",
        "drain",
        "jobs",
        "workloads",
        "recovery",
        "pools",
        "budgets",
        "steps",
    }
)


def run(context: Context, checks: Sequence[Check] = CHECKS) -> Iterator[Diagnostic]:
    """Every finding of every rule that reads something which is there."""
    there = _parts(context.cluster) | {item.ref.kind for item in context.items}
    for check in checks:
        if check.reads & there:
            yield from _guarded(check, check.run(context))


def compare(before: Context, after: Context, checks: Sequence[Check] = CHECKS) -> Iterator[Diagnostic]:
    """Every finding about a change from some objects to others."""
    for check in checks:
        if check.compare is not None:
            yield from _guarded(check, check.compare(before, after))


def _guarded(check: Check, found: Iterator[Diagnostic]) -> Iterator[Diagnostic]:
    try:
        yield from found
    except Exception as failed:  # noqa: BLE001 - whatever it is, it is ours, and no reason to lose the other rules
        yield RULE_CRASHED.report(
            f"{check.rule.id} failed on this input ({type(failed).__name__}, {fault_id(failed)})",
            help="report the id to backstay's developers; what the rule would have found is not known",
        )


def _parts(cluster: Cluster | None) -> frozenset[str]:
    return frozenset() if cluster is None else MODEL_PARTS

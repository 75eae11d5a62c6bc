"""Running the rules: model rules before emit, object rules after, each finding with its severity.

A rule that fails on an input says nothing about it, and the others still run.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from backstay.check.context import Context
from backstay.check.registry import CHECKS
from backstay.check.rule import Check
from backstay.core.diagnostic import Diagnostic
from backstay.core.fault import RULE_CRASHED, fault_id
from backstay.model.cluster import NO_CALLERS, NO_JOBS, Cluster
from backstay.model.parts import NO_RETRIES

_PARTS: Mapping[str, Callable[[Cluster], object]] = {
    "calls": lambda cluster: cluster.network.calls,
    "conflicts": lambda cluster: cluster.conflicts,
    "gateways": lambda cluster: cluster.network.gateways,
    "services": lambda cluster: cluster.network.services,
    "knobs": lambda cluster: cluster.network.knobs,
    "callers": lambda cluster: cluster.callers != NO_CALLERS,
    "storage": lambda cluster: cluster.storage,
    "retries": lambda cluster: cluster.retries != NO_RETRIES,
    "gitops": lambda _cluster: True,  # that nobody applies an overlay is something to judge too
    "pipelines": lambda cluster: cluster.pipelines,
    "workflows": lambda cluster: cluster.workflows,
    "mesh": lambda cluster: cluster.mesh,
    "drain": lambda cluster: cluster.drain,
    "derivations": lambda cluster: cluster.derivations,
    "jobs": lambda cluster: cluster.jobs != NO_JOBS,
    "workloads": lambda cluster: cluster.jobs.workloads,
    "recovery": lambda cluster: cluster.jobs.recovery,
    "pools": lambda cluster: cluster.jobs.pools,
    "budgets": lambda cluster: cluster.jobs.budgets,
    "steps": lambda cluster: cluster.jobs.steps,
}
"""What `Check.reads` may name of a model, and what is empty where the spec has nothing of it."""
MODEL_PARTS = frozenset(_PARTS)


def run(context: Context, checks: Sequence[Check] = CHECKS) -> Iterator[Diagnostic]:
    """Every finding of every rule that reads something which is there."""
    there = frozenset((*_parts(context.cluster), *context.kinds_there))
    for check in _every(there) if checks is CHECKS else _reading(there, checks):
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


def _parts(cluster: Cluster | None) -> Iterator[str]:
    """The parts of a model that have something in them."""
    return iter(()) if cluster is None else (name for name, of in _PARTS.items() if of(cluster))


@lru_cache(maxsize=256)
def _every(there: frozenset[str]) -> tuple[Check, ...]:
    """The rules for what is there: clusters of a fleet are much alike, and asking each rule costs more than most rules."""
    return _reading(there, CHECKS)


def _reading(there: frozenset[str], checks: Iterable[Check]) -> tuple[Check, ...]:
    return tuple(check for check in checks if check.reads & there)

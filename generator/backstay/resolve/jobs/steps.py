"""Pipeline steps: what they need, and how many pods of one workflow may run at once.

Argo counts every pod of a workflow against `parallelism`, whatever its size, so the largest step decides.
Source: argoproj/argo-workflows workflow/controller/operator.go (checkParallelism, activePods).
"""

from collections.abc import Iterator, Sequence

from backstay.core.fact import Fact, from_preset, from_spec, join
from backstay.core.place import at
from backstay.core.units import show_quantity
from backstay.model.derivation import Bound, Derivation
from backstay.model.jobs import Budget, NodePool, StepMemory
from backstay.resolve.facts import maybe
from backstay.resolve.jobs.room import Pod, in_budget, on_nodes
from backstay.spec import memory as spec
from backstay.upstream.own_pods import ARGO_EXECUTOR_LIMIT, ARGO_EXECUTOR_REQUEST

_ROUTE = ("memory", "steps")
_EXECUTOR = "executor.resources as backstay sets them"
EXECUTOR_REQUEST = from_preset(ARGO_EXECUTOR_REQUEST, "argo executor", _EXECUTOR)
EXECUTOR_LIMIT = from_preset(ARGO_EXECUTOR_LIMIT, "argo executor", _EXECUTOR)


def resolve_steps(
    steps: spec.Steps | None, pools: Sequence[NodePool], budgets: Sequence[Budget]
) -> tuple[StepMemory | None, dict[str, Derivation]]:
    """What steps need, and Argo's parallelism; `budgets` are those of the namespaces that workflows run in."""
    if steps is None:
        return None, {}
    default, fan_out = (
        maybe(steps, "default", steps.default, _ROUTE),
        maybe(steps, "fan_out", steps.fan_out, _ROUTE),
    )
    named = {name: from_spec(size, *_ROUTE, name) for name, size in (steps.__pydantic_extra__ or {}).items()}
    largest = max(
        (size for size in (default, *named.values()) if size), key=lambda one: one.value, default=None
    )
    bounds = tuple(_bounds(fan_out, largest, pools, budgets))
    number = _parallelism(bounds) if bounds else None
    found = StepMemory(default, named, fan_out, number.fact if number else None, at(*_ROUTE))
    return found, {number.id: number} if number else {}


def _bounds(
    fan_out: Fact[int] | None, largest: Fact[int] | None, pools: Sequence[NodePool], budgets: Sequence[Budget]
) -> Iterator[Bound]:
    if fan_out is not None:
        yield Bound(
            "fan-out",
            "<=",
            fan_out.value,
            f"{fan_out.value} steps may run at once",
            "JOB035",
            fan_out.origins,
        )
    if largest is not None:
        pod = _pod(largest)
        yield from (in_budget(pod, budget) for budget in budgets)
        yield from on_nodes(pod, pools)


def _pod(largest: Fact[int]) -> Pod:
    words = f"{show_quantity(largest.value)} (the largest step) and {show_quantity(ARGO_EXECUTOR_LIMIT)} (Argo's executor)"
    return Pod(
        join(largest.value + ARGO_EXECUTOR_REQUEST, largest, EXECUTOR_REQUEST),
        join(largest.value + ARGO_EXECUTOR_LIMIT, largest, EXECUTOR_LIMIT),
        words,
    )


def _parallelism(bounds: tuple[Bound, ...]) -> Derivation:
    return Derivation(
        "memory/steps/parallelism",
        min(bound.limit for bound in bounds),
        "pods",
        bounds,
        "the most that every bound allows",
        "how many pods of one workflow may run at once",
    )

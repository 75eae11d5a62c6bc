"""ZenML: how many of a pipeline's steps may run at once, so that budget and nodes hold them and the orchestrator.

ZenML starts every step whose inputs are there, without a limit unless `max_parallelism` says one (zenml-io/zenml#3440).
Its step Jobs carry a podFailurePolicy, so no step has two pods at once and a retry takes no more memory.
"""

from collections.abc import Iterator, Sequence

from backstay.core.fact import Fact, from_preset, join
from backstay.core.units import show_quantity
from backstay.model.derivation import Bound, Derivation
from backstay.model.jobs import Budget, NodePool, Step
from backstay.resolve.jobs.room import Pod, in_budget, on_nodes
from backstay.resolve.jobs.times import Subject
from backstay.upstream.own_pods import ZENML_ORCHESTRATOR_LIMIT, ZENML_POD_REQUEST

ORCHESTRATOR = Pod(
    from_preset(ZENML_POD_REQUEST, "zenml orchestrator", "what its pod requests"),
    from_preset(ZENML_ORCHESTRATOR_LIMIT, "zenml orchestrator", "the limit that backstay gives its pod"),
    "the orchestrator",
)


def max_parallelism(
    subject: Subject,
    fan_out: Fact[int] | None,
    steps: Sequence[Step],
    budget: Budget | None,
    pools: Sequence[NodePool],
) -> Derivation | None:
    """The most steps at once, None where nothing bounds them; `pools` are those that the pipeline may use."""
    bounds = tuple(_bounds(fan_out, largest(steps), budget, pools))
    if not bounds:
        return None
    return Derivation(
        f"{subject.id}/max-parallelism",
        min(bound.limit for bound in bounds),
        "steps",
        bounds,
        "the most that every bound allows",
        f"how many steps of {subject.name} may run at once",
    )


def largest(steps: Sequence[Step]) -> Fact[int] | None:
    """The memory of the largest step; None where no step's memory is known."""
    sizes = [step.memory for step in steps if step.memory is not None]
    return max(sizes, key=lambda size: size.value, default=None)


def _bounds(
    fan_out: Fact[int] | None, size: Fact[int] | None, budget: Budget | None, pools: Sequence[NodePool]
) -> Iterator[Bound]:
    if fan_out is not None:
        yield Bound(
            "fan-out",
            "<=",
            fan_out.value,
            f"{fan_out.value} of its steps could run at once",
            "",
            fan_out.origins,
        )
    if size is None:
        return
    pod = Pod(size, size, f"{show_quantity(size.value)} (the largest step)")
    if budget is not None:
        pool = pools[0].name if len(pools) == 1 else None
        yield in_budget(pod, budget, pool, ORCHESTRATOR)
    yield from on_nodes(pod, pools, ORCHESTRATOR)


def peak(subject: Subject, steps: Sequence[Step], at_once: Fact[int] | None) -> Derivation | None:
    """The memory of its pods in the worst moment: the largest steps together, and the orchestrator."""
    sizes = sorted((step.memory for step in steps if step.memory), key=lambda one: one.value, reverse=True)
    if not sizes or at_once is None:
        return None
    counted = sizes[: at_once.value]
    total = sum(size.value for size in counted) + ORCHESTRATOR.limit.value
    told = " + ".join(show_quantity(size.value) for size in counted)
    words = (
        f"{told} for the {len(counted)} largest steps of at most {at_once.value} at once, and "
        f"{show_quantity(ORCHESTRATOR.limit.value)} for the orchestrator"
    )
    bound = Bound(
        "pods-at-once",
        ">=",
        total,
        words,
        "JOB035",
        join(total, *counted, at_once, ORCHESTRATOR.limit).origins,
    )
    return peak_of(subject, bound)


def peak_of(subject: Subject, bound: Bound) -> Derivation:
    """The peak that a single bound makes."""
    return Derivation(
        f"{subject.id}/peak",
        bound.limit,
        "bytes",
        (bound,),
        "the sum of what may run at once",
        f"the most memory that the pods of {subject.name} take together",
    )

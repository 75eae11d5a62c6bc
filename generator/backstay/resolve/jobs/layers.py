"""Who tries a workload again, and how often: one layer retries, what is nested around or inside it does not.

Nested retries multiply: each try of an outer layer is a whole series of tries of the inner ones. The budget goes to
the layer that starts the whole group of pods anew: JobSet's failurePolicy, a plain Job's backoffLimit, the
PyTorchJob, ZenML's retry. Argo's limit for pipeline steps holds for all steps, so it is taken as it is and the rest of
the budget divided by it. Evictions and lost nodes are no tries for Jobs (podFailurePolicy, Ignore) and PyTorchJobs
(the pod is made anew), but they are for ZenML, whose server counts them, and for distributed jobs, where the peers of
the lost pod may fail before the pod itself is told of.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from backstay.core.fact import Fact, from_preset, join
from backstay.model.derivation import Bound, Derivation
from backstay.model.jobs import Cause, Kind, Layer, Retrying, attempts
from backstay.resolve.jobs.times import Subject

NESTED = {
    Kind.PYTORCHJOB: (Layer.PYTORCHJOB, Layer.TORCHRUN),
    Kind.TRAINJOB: (Layer.JOBSET, Layer.JOB, Layer.TORCHRUN),
    Kind.JOBSET: (Layer.JOBSET, Layer.JOB),
    Kind.JOB: (Layer.JOB,),
    Kind.ZENML: (Layer.ZENML,),
}
"""The layers of each kind, outermost first; the first of them gets the budget."""
NAMES = {
    Layer.ARGO: "Argo",
    Layer.ZENML: "ZenML",
    Layer.JOBSET: "JobSet",
    Layer.JOB: "the Job",
    Layer.PYTORCHJOB: "the PyTorchJob",
    Layer.TORCHRUN: "torchrun",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What decides a workload's retries.

    `around` are the layers that start it, outermost first. `given` are retries that are no choice of this workload
    (Argo's limit for steps), `pins` those that people insist on.
    """

    subject: Subject
    kind: Kind
    replicas: Fact[int]
    around: tuple[Layer, ...]
    budget: Fact[int]
    retry_on: Fact[frozenset[Cause]]
    disruptions: Fact[int]
    given: dict[Layer, Fact[int]]
    pins: dict[Layer, Fact[int]]

    @property
    def nested(self) -> tuple[Layer, ...]:
        """Every layer, outermost first."""
        return tuple(dict.fromkeys((*self.around, *NESTED[self.kind])))

    @property
    def chosen(self) -> Layer:
        """The layer that gets the budget."""
        return NESTED[self.kind][0]


def counts_disruptions(kind: Kind, replicas: int) -> bool:
    """Whether an eviction or a lost node may use up a try."""
    return kind is Kind.ZENML or (kind in {Kind.TRAINJOB, Kind.JOBSET} and replicas > 1)


def solve(wanted: Wanted) -> tuple[tuple[Retrying, ...], tuple[Retrying, ...], dict[str, Derivation]]:
    """The layers with pins, the layers as they would be without any, and how the numbers came about.

    The second are offered where the first exceed the budget; elsewhere they are the same.
    """
    fixed = {layer: wanted.pins.get(layer, given) for layer, given in wanted.given.items()} | wanted.pins
    layers, numbers = _solved(wanted, fixed)
    compiled = layers
    if attempts(layers) > wanted.budget.value:
        compiled, free = _solved(wanted, wanted.given)
        if attempts(compiled) > wanted.budget.value:
            compiled, free = _solved(wanted, {})
        numbers = free | numbers
    total = _total(wanted, layers)
    return layers, compiled, {**numbers, total.id: total}


def _solved(
    wanted: Wanted, fixed: dict[Layer, Fact[int]]
) -> tuple[tuple[Retrying, ...], dict[str, Derivation]]:
    numbers = {
        layer: _chosen(wanted, fixed) if layer is wanted.chosen else _nothing(wanted, layer)
        for layer in wanted.nested
        if layer not in fixed
    }
    layers = tuple(
        Retrying(
            layer,
            fixed[layer] if layer in fixed else numbers[layer].fact,
            layer in wanted.pins and layer in fixed,
        )
        for layer in wanted.nested
    )
    return layers, {number.id: number for number in numbers.values()}


def _chosen(wanted: Wanted, fixed: dict[Layer, Fact[int]]) -> Derivation:
    others = [fixed[layer] for layer in wanted.nested if layer in fixed]
    around = 1
    for other in others:
        around *= 1 + other.value
    limit = max(0, wanted.budget.value // around - 1)
    bounds = (*_within(wanted, limit, around, others), _meant(wanted, limit))
    value = min(bound.limit for bound in bounds)
    title = f"how often {NAMES[wanted.chosen]} tries {wanted.subject.name} again"
    choice = (
        "the most that the budget allows"
        if value == limit
        else "nothing that is to be tried again costs a try"
    )
    return Derivation(_id(wanted, wanted.chosen), value, "retries", bounds, choice, title)


def _within(wanted: Wanted, limit: int, around: int, others: list[Fact[int]]) -> Iterator[Bound]:
    budget = wanted.budget.value
    words = f"{budget} attempts in all, the first included"
    words += f", and what is nested with it already makes {around}" if around > 1 else ""
    yield Bound(
        "retries-within-budget", "<=", limit, words, "JOB029", join(limit, wanted.budget, *others).origins
    )


def _meant(wanted: Wanted, limit: int) -> Bound:
    """As often as what is to be tried again may use up a try; `limit` is what the budget leaves."""
    if wanted.retry_on.value & {Cause.FAILURE, Cause.OOM}:
        return Bound("retries-of-failures", "<=", limit, "failures are to be tried again, as often as the budget allows", "",
                     wanted.retry_on.origins)  # fmt: skip
    size = () if wanted.kind is Kind.ZENML else (wanted.replicas,)
    if Cause.DISRUPTION in wanted.retry_on.value and counts_disruptions(wanted.kind, wanted.replicas.value):
        times = wanted.disruptions
        return Bound("retries-of-disruptions-only", "<=", times.value, f"{times.value} evictions or lost nodes, each of which "
                     "may use up a try", "", join(0, times, wanted.retry_on, *size).origins)  # fmt: skip
    policy = from_preset(0, "kubernetes", "podFailurePolicy ignores DisruptionTarget")
    return Bound("retries-of-failures-only", "<=", 0, "only evictions and lost nodes are to be survived, and those use up no "
                 "try", "", join(0, wanted.retry_on, *size, policy).origins)  # fmt: skip


def _nothing(wanted: Wanted, layer: Layer) -> Derivation:
    words = f"{NAMES[wanted.chosen]} tries it again: nested retries multiply"
    bound = Bound("one-layer-retries", "=", 0, words, "JOB029",
                  from_preset(0, NAMES[wanted.chosen], "one layer retries").origins)  # fmt: skip
    title = f"how often {NAMES[layer]} tries {wanted.subject.name} again"
    return Derivation(_id(wanted, layer), 0, "retries", (bound,), "another layer retries", title)


def _total(wanted: Wanted, layers: tuple[Retrying, ...]) -> Derivation:
    value = attempts(layers)
    words = " x ".join(f"{1 + one.retries.value} ({NAMES[one.layer]})" for one in layers)
    made = Bound("nested-retries-multiply", "=", value, words, "JOB029",
                 join(value, *(one.retries for one in layers)).origins)  # fmt: skip
    budget = Bound(
        "attempts-within-budget", "<=", wanted.budget.value, "the budget", "JOB029", wanted.budget.origins
    )
    title = f"how often {wanted.subject.name} may start in the worst case"
    return Derivation(
        f"{wanted.subject.id}/attempts", value, "attempts", (made, budget), "the product", title
    )


def _id(wanted: Wanted, layer: Layer) -> str:
    return f"{wanted.subject.id}/retries/{layer.value}"

"""One workload: what the spec says of it, and every number that follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from backstay.core.fact import Fact, from_preset, from_spec, join
from backstay.core.place import at
from backstay.model.derivation import Bound, Derivation
from backstay.model.jobs import Cause, JobPins, JobSystems, Kind, Layer, Recovery, Retrying, Workload
from backstay.model.parts import Drain, Retries
from backstay.resolve.facts import fact, maybe
from backstay.resolve.jobs import layers, pytorch, times
from backstay.resolve.jobs.solving import pinned
from backstay.resolve.jobs.times import Subject
from backstay.spec import workloads as spec

CONTAINERS = {
    Kind.PYTORCHJOB: ("pytorch", "training_operator", "the container that it looks for"),
    Kind.TRAINJOB: ("node", "trainer", "the container that its runtimes name"),
    Kind.JOBSET: ("main", "backstay", "a name that nobody prescribes"),
    Kind.JOB: ("main", "backstay", "a name that nobody prescribes"),
    Kind.ZENML: ("main", "zenml", "the container of its step pods"),
}
"""The container that does the work, and who says so."""
_STARTERS = {"pipeline-steps": Layer.ARGO, "zenml": Layer.ZENML}
_DEADLINE_LAYERS = frozenset({Layer.JOBSET, Layer.JOB, Layer.PYTORCHJOB, Layer.TORCHRUN, Layer.ZENML})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all workloads of a cluster share; `pools` and `budgets` are the names that the spec has."""

    systems: JobSystems
    recovery: Recovery | None
    retries: Retries
    drain: Drain | None
    pools: tuple[str, ...]
    budgets: Mapping[str, Fact[int]]


def resolve_workload(
    name: str, stated: spec.Workload, around: Surroundings
) -> tuple[Workload, dict[str, Derivation]]:
    """A workload with its times, layers and deadline; memory and a pipeline's steps are added later."""
    solver = _Solver(name, stated, around)
    return solver.workload(), solver.numbers


class _Solver:
    """One workload on its way from the spec to the model; `numbers` gathers the derivations."""

    def __init__(self, name: str, stated: spec.Workload, around: Surroundings) -> None:
        self.name, self.stated, self.around = name, stated, around
        self.route = ("workloads", name)
        self.subject = Subject(f"workloads/{name}", name)
        self.kind = Kind(stated.kind)
        causes = frozenset(Cause(cause) for cause in stated.retry_on)
        self.causes = fact(stated, "retry_on", causes, self.route)
        self.writes_to = fact(stated, "checkpoints_to", stated.checkpoints_to, self.route)
        self.numbers: dict[str, Derivation] = {}

    def fact(self, field: str) -> Fact[int]:
        return fact(self.stated, field, getattr(self.stated, field), self.route)

    def maybe(self, field: str) -> Fact[int] | None:
        return maybe(self.stated, field, getattr(self.stated, field), self.route)

    def keep(self, number: Derivation) -> Derivation:
        self.numbers[number.id] = number
        return number

    def workload(self) -> Workload:
        stated, pins = self.stated, self.pins()
        budget = self.attempts()
        found, compiled, numbers = layers.solve(self.wanted(budget))
        self.numbers |= numbers
        checkpoint = self.checkpoint()
        grace = pinned(
            self.keep(times.grace_period(self.subject, checkpoint, self.writes_to)), pins.grace_period
        )
        waits, earliest, recovers = self.recovery(grace, pins)
        return Workload(
            self.name, self.kind, fact(stated, "namespace", stated.namespace, self.route), self.fact("replicas"),
            self.container(), self.pool(), self.maybe("memory"), self.maybe("runs_for"), checkpoint,
            self.writes_to, budget, self.causes,
            self.fact("disruptions"), self.restart_safe(),
            tuple(from_spec(one, *self.route, "startedBy", i) for i, one in enumerate(stated.started_by)),
            self.queue(), self.maybe("queued_for"), found, compiled, grace, waits, earliest, recovers,
            self.deadline(found, recovers), self.maybe("fan_out"), None, None,
            maybe(stated, "pipeline", stated.pipeline, self.route), (), pins, at(*self.route),
            restart_policy=self.restart_policy(), backoff_limit=self.backoff_limit(found), in_base=stated.in_base,
        )  # fmt: skip

    def restart_policy(self) -> Fact[str] | None:
        if self.kind is not Kind.PYTORCHJOB:
            return None
        pin, route = self.stated.overrides, (*self.route, "overrides")
        stated = maybe(pin, "restart_policy", pin.restart_policy, route)
        return stated or pytorch.restart_policy(self.causes, self.around.recovery)

    def backoff_limit(self, found: tuple[Retrying, ...]) -> Fact[int] | None:
        if self.kind is not Kind.PYTORCHJOB:
            return None
        pin, route = self.stated.overrides.retries, (*self.route, "overrides", "retries")
        number = self.keep(pytorch.backoff_limit(self.subject, found, self.fact("replicas")))
        return pinned(number, maybe(pin, "pytorchjob", pin.pytorchjob, route))

    def pins(self) -> JobPins:
        stated, route = self.stated.overrides, (*self.route, "overrides")
        return JobPins(
            maybe(stated, "grace_period", stated.grace_period, route),
            maybe(stated, "toleration", stated.toleration, route),
            maybe(stated, "restart_policy", stated.restart_policy, route),
            maybe(stated, "force_delete_after", stated.force_delete_after, route),
            maybe(stated, "max_parallelism", stated.max_parallelism, route),
        )

    def attempts(self) -> Fact[int]:
        """The budget: what is stated, else one try and one for each disruption that uses one up."""
        if self.stated.attempts is not None:
            own = self.fact("attempts")
        else:
            counted = layers.counts_disruptions(self.kind, self.stated.replicas)
            own = self._default_attempts(counted=counted)
        most = self.around.retries.max_attempts
        return own if most is None or most.value >= own.value else most

    def _default_attempts(self, *, counted: bool) -> Fact[int]:
        lost = times.survived(self.fact("disruptions"), self.causes)
        disruptions = lost.value if counted else 0
        words = (
            f"the first, and one for each of {disruptions} evictions or lost nodes"
            if disruptions
            else "the first only"
        )
        behind = join(disruptions, lost, self.fact("replicas")).origins
        bound = Bound("attempts-cover-disruptions", "=", 1 + disruptions, words, "JOB042", behind)
        number = Derivation(f"{self.subject.id}/budget", 1 + disruptions, "attempts", (bound,), "what is needed",
                            f"how often {self.name} may be tried")  # fmt: skip
        return self.keep(number).fact

    def wanted(self, budget: Fact[int]) -> layers.Wanted:
        steps = self.around.retries.steps
        around = tuple(_STARTERS[one] for one in self.stated.started_by)
        outer = tuple(layer for layer in (Layer.ARGO, Layer.ZENML) if layer in around)
        given = {Layer.ARGO: steps.limit} if steps and Layer.ARGO in outer else {}
        pins, route = self.stated.overrides.retries, (*self.route, "overrides", "retries")
        stated = {layer: maybe(pins, layer.value, getattr(pins, layer.value), route) for layer in Layer}
        known = {layer: self._as_retries(layer, pin) for layer, pin in stated.items() if pin is not None}
        outer = tuple(layer for layer in (Layer.ARGO, Layer.ZENML) if layer in outer or layer in known)
        nested = (*outer, *layers.NESTED[self.kind])
        return layers.Wanted(
            self.subject, self.kind, self.fact("replicas"), outer, budget, self.causes, self.fact("disruptions"), given,
            {layer: pin for layer, pin in known.items() if layer in nested},
        )  # fmt: skip

    def _as_retries(self, layer: Layer, pin: Fact[int]) -> Fact[int]:
        """A PyTorchJob's limit is a sum over its replicas, and it fails when the sum reaches the limit."""
        if layer is not Layer.PYTORCHJOB:
            return pin
        return pin.to(lambda limit: max(0, limit - 1) // self.stated.replicas)

    def checkpoint(self) -> Fact[int] | None:
        """The longest that any of its pods may have to write; by default the cluster's."""
        if self.stated.checkpoints_to == "nothing":
            return None
        own = self.maybe("checkpoint") or (self.around.drain.checkpoint if self.around.drain else None)
        steps = (
            maybe(step, "checkpoint", step.checkpoint, (*self.route, "steps", name))
            for name, step in self.stated.steps.items()
        )
        stated = [one for one in (own, *steps) if one is not None]
        return max(stated, key=lambda one: one.value, default=None)

    def container(self) -> Fact[str]:
        if self.stated.container is not None:
            return fact(self.stated, "container", self.stated.container, self.route)
        name, system, note = CONTAINERS[self.kind]
        return from_preset(name, system, note)

    def pool(self) -> Fact[str] | None:
        if self.stated.pool is not None:
            return fact(self.stated, "pool", self.stated.pool, self.route)
        pools = self.around.pools
        return from_preset(pools[0], "backstay", "there is one pool") if len(pools) == 1 else None

    def restart_safe(self) -> Fact[str] | None:
        patterns = self.around.recovery.restart_safe if self.around.recovery else ()
        full = f"{self.stated.namespace}/{self.name}"
        return next((pattern for pattern in patterns if fnmatchcase(full, pattern.value)), None)

    def queue(self) -> Fact[str] | None:
        """The stated queue, else the one named after a namespace that has a budget; ZenML's pods are not admitted."""
        if self.stated.queue is not None:
            return fact(self.stated, "queue", self.stated.queue, self.route)
        budget = self.around.budgets.get(self.stated.namespace)
        if self.around.systems.kueue is None or budget is None or self.kind is Kind.ZENML:
            return None
        return join(self.stated.namespace, fact(self.stated, "namespace", "", self.route), budget)

    def recovery(
        self, grace: Fact[int], pins: JobPins
    ) -> tuple[Fact[int] | None, Fact[int] | None, Fact[int] | None]:
        """Toleration, earliest forced deletion and recovery; None each where nothing is said of lost nodes."""
        recovery = self.around.recovery
        if recovery is None:
            return pins.toleration, None, None
        waits = pinned(self.keep(times.toleration(self.subject, recovery, grace)), pins.toleration)
        earliest = self.keep(times.earliest_force_delete(self.subject, recovery, waits, grace))
        safe = self.restart_safe()
        if not times.is_freed(recovery, safe):
            return waits, earliest.fact, None
        recovers = self.keep(times.recovers_in(self.subject, recovery, earliest.fact, safe))
        return waits, earliest.fact, recovers.fact

    def deadline(self, found: tuple[Retrying, ...], recovers: Fact[int] | None) -> Fact[int] | None:
        """What is stated, held against what the tries need; None where nobody said how long a try runs."""
        stated, run = self.maybe("deadline"), self.maybe("runs_for")
        if run is None:
            return stated
        inner = tuple(
            one for one in found if one.layer in _DEADLINE_LAYERS and one.layer in layers.NESTED[self.kind]
        )
        again = self.writes_to.to(lambda to: to == "nothing")
        lost = times.survived(self.fact("disruptions"), self.causes)
        # A TrainJob's clock starts with its creation; where Kueue admits it, it starts when it may run.
        waits = self.maybe("queued_for") if self.kind is Kind.TRAINJOB and self.queue() is None else None
        number = times.deadline(self.subject, run, inner, lost, recovers, again=again, queued=waits)
        return pinned(self.keep(number), stated)

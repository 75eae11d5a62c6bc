"""The steps of a ZenML pipeline: each is a Job with its own retries, grace period and deadline.

Source: zenml integrations/kubernetes/orchestrators (a step's Job has backoffLimit = retry.max_retries, and
pod_stop_grace_period is its pods' terminationGracePeriodSeconds).
"""

from dataclasses import replace

from backstay.core.fact import Fact
from backstay.core.place import at
from backstay.model.derivation import Derivation
from backstay.model.jobs import Kind, Layer, Retrying, Step, Workload
from backstay.resolve.facts import maybe
from backstay.resolve.jobs import times
from backstay.resolve.jobs.times import Subject
from backstay.spec import workloads as spec


def with_steps(workload: Workload, stated: spec.Workload) -> tuple[Workload, dict[str, Derivation]]:
    """A pipeline with its steps; any other workload as it is."""
    if workload.kind is not Kind.ZENML:
        return workload, {}
    numbers: dict[str, Derivation] = {}
    steps = tuple(_step(workload, name, step, numbers) for name, step in stated.steps.items())
    return replace(workload, steps=steps), numbers


def _step(workload: Workload, name: str, step: spec.Step, numbers: dict[str, Derivation]) -> Step:
    route = ("workloads", workload.name, "steps", name)
    subject = Subject(f"workloads/{workload.name}/steps/{name}", f"step {name} of {workload.name}")
    run = maybe(step, "runs_for", step.runs_for, route)
    writes_to = workload.checkpoints_to
    checkpoint = maybe(step, "checkpoint", step.checkpoint, route)
    retries = _retries(workload, step, route)
    grace = (
        workload.grace
        if checkpoint is None
        else _kept(numbers, times.grace_period(subject, checkpoint, writes_to))
    )
    lost = times.survived(workload.disruptions, workload.causes)
    deadline = run and _kept(
        numbers,
        times.deadline(
            subject, run, (Retrying(Layer.ZENML, retries, pinned=False),), lost, workload.recovers_in,
            again=writes_to.to(lambda to: to == "nothing"),
        ),
    )  # fmt: skip
    return Step(
        name, maybe(step, "memory", step.memory, route), run, retries, grace,
        checkpoint or workload.checkpoint, deadline, at(*route),
    )  # fmt: skip


def _kept(numbers: dict[str, Derivation], number: Derivation) -> Fact[int]:
    numbers[number.id] = number
    return number.fact


def _retries(workload: Workload, step: spec.Step, route: tuple[str, ...]) -> Fact[int]:
    """The step's own attempts, else what the whole pipeline's layer says."""
    own = maybe(step, "attempts", step.attempts, route)
    if own is not None:
        return own.to(lambda attempts: attempts - 1)
    found = workload.retries(Layer.ZENML)
    assert found is not None  # noqa: S101 - it is ZenML's first layer
    return found

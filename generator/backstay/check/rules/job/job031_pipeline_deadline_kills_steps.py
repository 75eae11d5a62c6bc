"""A ZenML pipeline's deadline is shorter than what its steps may take, or becomes theirs by accident.

`active_deadline_seconds` of the pipeline ends the orchestrator's own Job, and with it the run. Every step that says nothing
gets the same number, so that one step which hangs takes the time of all of them.

Not judged: how long steps really take, unless the spec says it; releases before 0.84, which do not have the key.

Breaks: the orchestrator's pod is killed in the middle of the last step and the run stays `running`; a hung step is noticed
hours late.
Bad:
    settings: {orchestrator: {active_deadline_seconds: 3600}}
    steps: {train: {settings: {orchestrator: {active_deadline_seconds: 14400}}}}
Good:
    settings: {orchestrator: {active_deadline_seconds: 43200}}
    steps: {train: {settings: {orchestrator: {active_deadline_seconds: 14400}}}}
Source: zenml integrations/kubernetes/orchestrators/kubernetes_orchestrator.py and kubernetes_orchestrator_entrypoint.py (active_deadline_seconds)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.look import Part
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods, zenml
from backstay.check.rules.job.zenml import Run
from backstay.core.diagnostic import Diagnostic, Related, Severity
from backstay.core.units import show_duration
from backstay.model.jobs import Kind, Workload

RULE = rule(__doc__, "JOB031", "pipeline-deadline-kills-steps")

_KEY = "active_deadline_seconds"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge each run configuration that gives its pipeline a deadline."""
    for run in zenml.runs(ctx):
        part = run.pipeline.setting(_KEY)
        if part is None:
            continue
        deadline = pods.number(part.value[_KEY])
        if deadline:
            yield from _steps(ctx, run, deadline)
            yield from _path(ctx, part, deadline)


def _steps(ctx: Context, run: Run, deadline: int) -> Iterator[Diagnostic]:
    for step in run.steps:
        part = step.setting(_KEY)
        own = pods.number(part.value[_KEY]) if part else None
        if part is None:
            yield ctx.report(
                RULE, run.whole.item, step.owner.route,
                f"step {step.step} gets the whole pipeline's {show_duration(deadline * 1000)} as its own deadline",
                f"write `{_KEY}` into the step's orchestrator settings", Severity.WARNING,
            )  # fmt: skip
        elif own and own > deadline:
            yield ctx.report(
                RULE, part.item, (*part.route, _KEY),
                f"step {step.step} may take {show_duration(own * 1000)}, and the pipeline ends after {show_duration(deadline * 1000)}",
                f"raise the pipeline's `{_KEY}` to what its steps take one after the other",
            )  # fmt: skip


def _path(ctx: Context, pipeline: Part, deadline: int) -> Iterator[Diagnostic]:
    workload = _workload(ctx, pipeline)
    if workload is None:
        return
    timed = [(step, step.deadline.value) for step in workload.steps if step.deadline]
    if not timed:
        return
    needed, how = _needed(workload, [time for _, time in timed])
    if deadline * 1000 < needed:
        yield RULE.report(
            f"{how} of {workload.name} may take {show_duration(needed)}, and the pipeline ends after {show_duration(deadline * 1000)}",
            at=look.stated(workload.deadline, workload.place) if workload.deadline else workload.place,
            object=pipeline.item.ref, field=(*pipeline.route, _KEY),
            related=tuple(Related(step.place, f"step {step.name}") for step, _ in timed),
            help=f"write `{_KEY}: {-(-needed // 1000)}`, or `deadline: {show_duration(needed)}` in the spec",
        )  # fmt: skip


def _needed(workload: Workload, times: list[int]) -> tuple[int, str]:
    """The least that the way through the steps may take: their sum where they run one by one, else the longest."""
    alone = workload.max_parallelism is not None and workload.max_parallelism.value == 1
    return (sum(times), "the steps one after the other") if alone else (max(times), "the longest step")


def _workload(ctx: Context, pipeline: Part) -> Workload | None:
    """The workload of the spec that a run configuration was made for."""
    found = ctx.cluster.jobs.of_kind(Kind.ZENML) if ctx.cluster else ()
    return next((one for one in found if pipeline.item.ref.name == f"run-{one.name}"), None)


CHECK = Check(RULE, reads=frozenset({zenml.RUN, "jobs"}), run=check)

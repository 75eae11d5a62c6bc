"""A ZenML step asks for memory in ResourceSettings, which its orchestrator ignores.

On Kubernetes, `settings.resources.memory` counts for step operators only; without one the step's pod has a request of 400Mi and
no limit, whatever is written there. Pods get what stands under `pod_settings.resources`.

Not judged: what code gives the step besides the run configuration.

Breaks: ten steps that need 4 GB each land on one node of 14 GB, and the kernel chooses which of them goes on.
Bad:
    steps: {train: {settings: {resources: {memory: 8GiB}}}}
Good:
    steps: {train: {settings: {orchestrator: {pod_settings: {resources: {limits: {memory: 8Gi}}}}}}}
Source: zenml integrations/kubernetes/orchestrators/kubernetes_orchestrator.py ("not yet supported ... ignoring"), zenml-io/zenml#3440
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import zenml
from backstay.check.rules.job.zenml import Settings
from backstay.core.diagnostic import Diagnostic

RULE = rule(__doc__, "JOB032", "memory-that-nobody-reads")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the ResourceSettings of each pipeline and step."""
    for run in zenml.runs(ctx):
        for settings in run.all:
            asked = settings.resources
            given = _given(settings) or _given(run.pipeline)
            if asked is not None and "memory" in asked.value and not given and not _operated(settings):
                yield ctx.report(
                    RULE, asked.item, (*asked.route, "memory"),
                    f"the Kubernetes orchestrator ignores the memory that {_who(settings)} asks for: its pods request 400Mi and have no limit",
                    "write it under `settings.orchestrator.pod_settings.resources`, as requests and limits in Mi or Gi",
                )  # fmt: skip


def _given(settings: Settings) -> bool:
    return any("memory" in part.value for part in settings.pod_resources())


def _operated(settings: Settings) -> bool:
    return bool(settings.owner.get("step_operator"))


def _who(settings: Settings) -> str:
    return f"step {settings.step}" if settings.step else "the pipeline"


CHECK = Check(RULE, reads=frozenset({zenml.RUN}), run=check)

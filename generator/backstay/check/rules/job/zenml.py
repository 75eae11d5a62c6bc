"""ZenML's run configurations, taken apart: settings of the pipeline and of its steps.

A run configuration is no Kubernetes object; rules know it by the kind `ZenmlRun`. Settings of the orchestrator may stand
under `orchestrator`, `orchestrator.kubernetes` or `orchestrator:<name of the component>`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from backstay.check.context import Context
from backstay.check.look import Part, whole

RUN = "ZenmlRun"
_ORCHESTRATOR = "orchestrator"


@dataclass(frozen=True, slots=True)
class Settings:
    """What stands under `settings` of a pipeline (`step` empty) or of one of its steps."""

    step: str
    owner: Part

    @property
    def resources(self) -> Part | None:
        """ZenML's own ResourceSettings."""
        return self.owner.below("settings", "resources")

    @property
    def orchestrators(self) -> Iterator[Part]:
        """The settings of the orchestrator, under each of its names."""
        for name, part in self.owner.values("settings"):
            if name.partition(".")[0].partition(":")[0] == _ORCHESTRATOR:
                yield part

    def setting(self, key: str) -> Part | None:
        """The orchestrator's settings that have a key; None where none has."""
        return next((part for part in self.orchestrators if key in part.value), None)

    def pod_resources(self) -> Iterator[Part]:
        """`requests` and `limits` of the pods."""
        for part in self.orchestrators:
            for key in ("requests", "limits"):
                found = part.below("pod_settings", "resources", key)
                if found is not None:
                    yield found


@dataclass(frozen=True, slots=True)
class Run:
    """One run configuration: the pipeline's settings, and those of each step."""

    whole: Part
    pipeline: Settings
    steps: tuple[Settings, ...]

    @property
    def all(self) -> tuple[Settings, ...]:
        """The pipeline's settings, then the steps'."""
        return (self.pipeline, *self.steps)


def runs(ctx: Context) -> Iterator[Run]:
    """Every run configuration in sight."""
    for item in ctx.of_kind(RUN):
        part = whole(item)
        steps = tuple(Settings(name, step) for name, step in part.values("steps"))
        yield Run(part, Settings("", part), steps)

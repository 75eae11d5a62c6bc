"""The installed job controllers: their lines, and where they run."""

from collections.abc import Mapping

from backstay.core.fact import Fact, from_spec
from backstay.model.jobs import JobSystems
from backstay.resolve.facts import fact, maybe
from backstay.spec import platform as spec

_KUEUE = ("platform", "kueue")
_ZENML = ("platform", "zenml")


def resolve_systems(platform: spec.Platform, lines: Mapping[str, str]) -> JobSystems:
    """What is installed; `lines` are the supported lines (`major.minor`) by the catalog's names."""

    def line(name: str, *route: str) -> Fact[str] | None:
        return from_spec(lines[name], "platform", *route) if name in lines else None

    kueue = platform.kueue if "kueue" in lines else None
    zenml = platform.zenml if "zenml" in lines else None
    return JobSystems(
        line("trainer", "trainer"),
        line("training_operator", "trainingOperator"),
        line("jobset", "jobset"),
        line("kueue", "kueue", "version"),
        line("zenml", "zenml", "version"),
        None if kueue is None else fact(kueue, "namespace", kueue.namespace, _KUEUE),
        None if kueue is None else maybe(kueue, "frameworks", kueue.frameworks, _KUEUE),
        None if zenml is None else fact(zenml, "stack", zenml.stack, _ZENML),
        None if zenml is None else fact(zenml, "namespace", zenml.namespace, _ZENML),
        None if zenml is None else maybe(zenml, "context", zenml.context, _ZENML),
    )

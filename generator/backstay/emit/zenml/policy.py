"""podFailurePolicy of ZenML's Jobs: a step's own, and a pipeline's, which the orchestrator's Job gets as well."""

from collections.abc import Iterator

from backstay.core.fact import Fact, from_preset
from backstay.emit import pods
from backstay.emit.parts import Body
from backstay.model.jobs import Cause
from backstay.upstream.zenml import RUN_FAILED_EXIT_CODE

_CONTAINER = from_preset("main", "zenml", "the container of its pods")


def step_rules(causes: Fact[frozenset[Cause]]) -> Iterator[Body]:
    """How a step's Job answers each end of its pod."""
    return pods.failure_rules(causes, _CONTAINER)


def pipeline_rules(causes: Fact[frozenset[Cause]]) -> Iterator[Body]:
    """What stands in the place of the orchestrator's own rules too.

    Those end its Job where the run has failed and trying it again is of no use; any other exit counts there.
    """
    if Cause.DISRUPTION in causes.value:
        yield pods.on_disruption("Ignore", causes)
    yield pods.on_exit("FailJob", _CONTAINER, "In", RUN_FAILED_EXIT_CODE, causes)
    yield pods.on_exit("Count", _CONTAINER, "NotIn", 0, causes)

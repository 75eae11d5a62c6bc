"""Patch of a Knative Service: its revisions give requests as long as callers do."""

from collections.abc import Iterator

from backstay.core.fact import Fact
from backstay.core.manifest import Manifest
from backstay.emit.parts import Body, new_patch
from backstay.model.callers import RevisionTimes
from backstay.model.cluster import Cluster

SOURCE = "knative/serving pkg/apis/serving/v1/revision_types.go"
API = "serving.knative.dev/v1"
_SECOND = 1_000


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One patch per Knative Service whose calls all have an end."""
    for times in cluster.callers.revisions:
        name = times.service.knative
        if name is not None:
            spec = {"template": {"spec": _spec(times)}}
            yield new_patch(
                API, "Service", name.value, times.service.home, SOURCE, part="revision", spec=spec
            )


def _spec(times: RevisionTimes) -> Body:
    """Left out, `responseStartTimeoutSeconds` would be 300 where the whole is more."""
    spec: Body = {
        "timeoutSeconds": _seconds(times.whole),
        "responseStartTimeoutSeconds": _seconds(times.first_byte),
    }
    if times.silence is not None:
        spec["idleTimeoutSeconds"] = _seconds(times.silence)
    return spec


def _seconds(fact: Fact[int]) -> Fact[int]:
    return fact.to(lambda ms: ms // _SECOND)

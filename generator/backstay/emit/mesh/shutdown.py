"""Patch of a workload: its pods end only when what is under way has come to an end.

The whole `preStop` hook of the base is replaced, and so is its annotation proxy.istio.io/config, if it has one.
"""

from collections.abc import Iterator

from backstay.core.fact import Fact
from backstay.core.manifest import Manifest, YamlText
from backstay.core.units import show_seconds
from backstay.emit.parts import Body, new_patch
from backstay.model.cluster import Cluster
from backstay.model.shutdown import Shutdown, SidecarKind

SOURCE = "istio/istio pkg/envoy/agent.go"
_SECOND = 1_000


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One patch per workload whose end was worked out."""
    for shutdown in cluster.shutdowns:
        workload = shutdown.workload
        template = {**_metadata(shutdown), "spec": _pod(shutdown)}
        yield new_patch(
            "apps/v1", workload.kind.value, workload.name.value, workload.namespace, SOURCE,
            part="shutdown", spec={"template": template},
        )  # fmt: skip


def _metadata(shutdown: Shutdown) -> Body:
    annotations: Body = {}
    if shutdown.sidecar is not None and shutdown.asked is not None:
        annotations["sidecar.istio.io/nativeSidecar"] = shutdown.asked.to(lambda native: str(native).lower())
    if shutdown.sidecar is SidecarKind.CLASSIC and shutdown.drain is not None:
        annotations["proxy.istio.io/config"] = YamlText(_proxy(shutdown.drain, waits=shutdown.waits))
    return {"metadata": {"annotations": annotations}} if annotations else {}


def _proxy(drain: Fact[int], *, waits: bool) -> Body:
    """A native sidecar heeds none of this: it goes after the app."""
    if not waits:
        return {"terminationDrainDuration": drain.to(show_seconds)}
    variables = {
        "EXIT_ON_ZERO_ACTIVE_CONNECTIONS": Fact("true", drain.origins),
        "MINIMUM_DRAIN_DURATION": drain.to(show_seconds),
    }
    return {"proxyMetadata": variables}


def _pod(shutdown: Shutdown) -> Body:
    hook = {"$patch": "replace", "sleep": {"seconds": shutdown.pre_stop.to(_seconds)}}
    container = {"name": shutdown.workload.container, "lifecycle": {"preStop": hook}}
    return {
        "terminationGracePeriodSeconds": shutdown.grace.to(_seconds),
        "containers": [container],
    }


def _seconds(ms: int) -> int:
    return ms // _SECOND

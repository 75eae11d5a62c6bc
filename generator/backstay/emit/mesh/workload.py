"""Patch of a workload that serves: how its pods end, and what its sidecar is told about silent streams.

The whole `preStop` hook of the base is replaced, and so is its annotation proxy.istio.io/config, if it has one.
"""

from collections.abc import Iterator
from itertools import chain

from backstay.core.manifest import Manifest, YamlText
from backstay.core.units import show_seconds
from backstay.emit.mesh.stream_idle import told_by_annotation
from backstay.emit.parts import Body, new_patch
from backstay.model.cluster import Cluster
from backstay.model.network import Knobs
from backstay.model.shutdown import Shutdown, SidecarKind, Workload

SOURCE = "istio/istio pkg/envoy/agent.go"
_SECOND = 1_000


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One patch per workload that has to be told something."""
    ends = {shutdown.workload.key: shutdown for shutdown in cluster.shutdowns}
    settings = {
        knobs.service.workload.key: _settings(knobs)
        for knobs in cluster.network.knobs
        if knobs.service.workload is not None and told_by_annotation(cluster.has, knobs)
    }
    for workload in _workloads(cluster):
        end, told = ends.get(workload.key), settings.get(workload.key, {})
        if end is not None or told:
            template = {**_metadata(end, told), **(_pod(end) if end else {})}
            yield new_patch(
                "apps/v1", workload.kind.value, workload.name.value, workload.namespace, SOURCE,
                part="serving", spec={"template": template},
            )  # fmt: skip


def _workloads(cluster: Cluster) -> list[Workload]:
    known = (service.workload for service in cluster.network.services if service.workload is not None)
    ends = (shutdown.workload for shutdown in cluster.shutdowns)
    return list({workload.key: workload for workload in chain(known, ends)}.values())


def _settings(knobs: Knobs) -> Body:
    assert knobs.stream_idle is not None  # noqa: S101 - `told_by_annotation` asks first
    return {"connectionSettings": {"httpStreamIdleTimeout": knobs.stream_idle.to(show_seconds)}}


def _metadata(end: Shutdown | None, settings: Body) -> Body:
    annotations: Body = {}
    if end is not None and end.sidecar is not None and end.asked is not None:
        annotations["sidecar.istio.io/nativeSidecar"] = end.asked.to(lambda native: str(native).lower())
    proxy = {**(_ending(end) if end else {}), **settings}
    if proxy:
        annotations["proxy.istio.io/config"] = YamlText(proxy)
    return {"metadata": {"annotations": annotations}} if annotations else {}


def _ending(end: Shutdown) -> Body:
    """A native sidecar heeds none of this: it goes after the app."""
    drain = end.drain
    if end.sidecar is not SidecarKind.CLASSIC or drain is None:
        return {}
    if not end.waits:
        return {"terminationDrainDuration": drain.to(show_seconds)}
    variables = {
        "EXIT_ON_ZERO_ACTIVE_CONNECTIONS": drain.to(lambda _: "true"),
        "MINIMUM_DRAIN_DURATION": drain.to(show_seconds),
    }
    return {"proxyMetadata": variables}


def _pod(end: Shutdown) -> Body:
    hook = {"$patch": "replace", "sleep": {"seconds": end.pre_stop.to(_seconds)}}
    container = {"name": end.workload.container, "lifecycle": {"preStop": hook}}
    pod = {"terminationGracePeriodSeconds": end.grace.to(_seconds), "containers": [container]}
    return {"spec": pod}


def _seconds(ms: int) -> int:
    return ms // _SECOND

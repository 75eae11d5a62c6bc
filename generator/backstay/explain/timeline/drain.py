"""A pod that serves calls is told to go: from the first signal until its last process is gone.

Sources: Kubernetes' pod lifecycle (the grace period runs from before the preStop hook), istio/istio pkg/envoy/agent.go and
its injection template (a classic sidecar is told at once, a native one after the app).
"""

from backstay.core.fact import Fact
from backstay.explain.timeline.moments import Event, Knob, Moment, Timeline, in_order
from backstay.model.cluster import Cluster
from backstay.model.shutdown import Shutdown, SidecarKind


def drain(cluster: Cluster, shutdown: Shutdown) -> Timeline:
    """The end of one workload's pods."""
    name = shutdown.workload.name.value
    longest, stop = _longest(cluster, shutdown), shutdown.pre_stop
    moments = [
        Moment(0, "kubelet", "runs the preStop hook; callers are told of the pod's end and still call", None),
        Moment(stop.value, "kubelet", "sends SIGTERM to the app: by now no new requests come", Knob("preStop sleep", stop)),
        *_sidecar(shutdown),
    ]  # fmt: skip
    total = stop.value
    if longest is not None:
        total += longest.value
        moments.append(
            Moment(
                total,
                "app",
                "has answered the longest request that was in flight",
                Knob("longestRequest", longest),
            )
        )
    moments.append(
        Moment(
            shutdown.grace.value,
            "kubelet",
            "kills whatever is left",
            Knob("terminationGracePeriodSeconds", shutdown.grace),
        )
    )
    return Timeline(
        Event.DRAIN, name, f"a pod of {shutdown.workload.namespace.value}/{name} has to go", in_order(moments),
        "the last request is answered", total, shutdown.grace,
    )  # fmt: skip


def _sidecar(shutdown: Shutdown) -> list[Moment]:
    if shutdown.sidecar is SidecarKind.NATIVE:
        return [
            Moment(
                0,
                "native sidecar",
                "asks its callers for new connections to others, and lives as long as the app does",
            )
        ]
    if shutdown.sidecar is None or shutdown.drain is None:
        return []
    told = Moment(
        0, "classic sidecar", "gets SIGTERM too, and asks its callers for new connections to others"
    )
    if shutdown.waits:
        return [told, Moment(shutdown.drain.value, "classic sidecar", "ends once its last connection is closed, from here on",
                             Knob("MINIMUM_DRAIN_DURATION", shutdown.drain))]  # fmt: skip
    return [told, Moment(shutdown.drain.value, "classic sidecar", "ends, and cuts every stream that is left",
                         Knob("terminationDrainDuration", shutdown.drain))]  # fmt: skip


def _longest(cluster: Cluster, shutdown: Shutdown) -> Fact[int] | None:
    own = [
        one.longest_request
        for one in cluster.network.services
        if one.name in shutdown.services and one.longest_request
    ]
    common = cluster.drain.longest_request if cluster.drain else None
    return max(own, key=lambda fact: fact.value, default=common)

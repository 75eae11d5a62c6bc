"""VirtualService: how often callers' sidecars try again, on what, and when they give up.

One a host, as Istio merges none for sidecars; the route names no port, so that each port keeps its own.
"""

from collections.abc import Iterator

from backstay.core.manifest import Manifest
from backstay.core.units import show_seconds
from backstay.emit.parts import Body, new_object
from backstay.model.cluster import Cluster
from backstay.model.network import CallRoute

SOURCE = "istio.io/api networking/v1alpha3/virtual_service.proto"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One VirtualService per host whose callers have to be told something."""
    for route in cluster.network.routes:
        http: Body = {"route": [{"destination": {"host": route.host}}], **_retries(route)}
        if route.timeout is not None:
            http["timeout"] = route.timeout.to(show_seconds)
        spec: Body = {"hosts": [route.host], "http": [http]}
        yield new_object(
            "mesh",
            "networking.istio.io/v1",
            "VirtualService",
            f"calls-to-{route.name}",
            route.namespace,
            SOURCE,
            spec=spec,
        )


def _retries(route: CallRoute) -> Body:
    if route.retries is None or route.retry_on is None:
        return {}
    if route.retries.value == 0:
        return {"retries": {"attempts": route.retries}}
    retries: Body = {"attempts": route.retries, "retryOn": route.retry_on.to(",".join)}
    if route.per_try is not None:
        retries["perTryTimeout"] = route.per_try.to(show_seconds)
    if route.base is not None:
        retries["backoff"] = route.base.to(show_seconds)
    return {"retries": retries}

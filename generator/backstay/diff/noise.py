"""What never counts as a difference between planned and live objects: the server and its helpers write it.

Sources: k8s.io/apimachinery ObjectMeta (fields "populated by the system"); kubectl's last-applied annotation; the
Deployment controller's revision; Argo CD's tracking id; what `kubectl rollout restart` and Flux write.
"""

from collections.abc import Mapping

NOISE: frozenset[tuple[str, ...]] = frozenset(
    {
        ("status",),
        ("metadata", "creationTimestamp"),
        ("metadata", "deletionGracePeriodSeconds"),
        ("metadata", "deletionTimestamp"),
        ("metadata", "generation"),
        ("metadata", "managedFields"),
        ("metadata", "resourceVersion"),
        ("metadata", "selfLink"),
        ("metadata", "uid"),
        ("metadata", "annotations", "argocd.argoproj.io/tracking-id"),
        ("metadata", "annotations", "deployment.kubernetes.io/revision"),
        ("metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"),
        ("metadata", "annotations", "kubectl.kubernetes.io/restartedAt"),
        ("metadata", "annotations", "reconcile.fluxcd.io/requestedAt"),
    }
)

IDENTITY: frozenset[tuple[str, ...]] = frozenset(
    {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")}
)
"""What makes it the same object: equal by then, but for the version."""


def quiet(value: Mapping[str, object]) -> dict[str, object]:
    """The object without noise and without what makes its identity; nothing of the argument is changed."""
    return _without(value, ())


def _without(value: Mapping[str, object], above: tuple[str, ...]) -> dict[str, object]:
    kept: dict[str, object] = {}
    for key, below in value.items():
        route = (*above, key)
        if route in NOISE or route in IDENTITY:
            continue
        kept[key] = _without(below, route) if route in _PARENTS and isinstance(below, Mapping) else below
    return kept


_PARENTS = frozenset(route[:-1] for route in NOISE)

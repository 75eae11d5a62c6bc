"""Who has a sidecar, as far as labels and annotations show it.

Source: istio/istio pkg/kube/inject/inject.go (the pod's label or annotation decides, then its namespace's label).
"""

from collections.abc import Mapping

from backstay.check import look
from backstay.check.context import Context, Item

_KEY = "sidecar.istio.io/inject"
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")


def is_ambient(context: Context) -> bool:
    """Whether some namespace is in an ambient mesh."""
    labels = (
        look.at(item.value, "metadata", "labels", "istio.io/dataplane-mode")
        for item in context.of_kind("Namespace")
    )
    return "ambient" in labels


def has_sidecar(context: Context, namespace: str, selector: Mapping[str, object]) -> bool | None:
    """Whether the pods that a Service selects have a sidecar; None where nothing shows it."""
    pods = [
        look.mapping(look.at(item.value, "spec", "template", "metadata"))
        for item in _workloads(context, namespace, selector)
    ]
    said = {_asked(pod) for pod in pods} or {None}
    own = said.pop() if len(said) == 1 else None
    if own is not None:
        return own
    return None if said else _of_namespace(context, namespace)


def _workloads(context: Context, namespace: str, selector: Mapping[str, object]) -> list[Item]:
    return [
        item
        for item in context.of_kind(*_WORKLOADS)
        if selector
        and item.ref.namespace == namespace
        and selector.items()
        <= look.mapping(look.at(item.value, "spec", "template", "metadata", "labels")).items()
    ]


def _asked(pod: Mapping[str, object]) -> bool | None:
    for part in ("labels", "annotations"):
        word = look.at(pod, part, _KEY)
        if word in {"true", "false"}:
            return word == "true"
    return None


def _of_namespace(context: Context, namespace: str) -> bool | None:
    for item in context.named("Namespace", namespace):
        labels = look.mapping(look.at(item.value, "metadata", "labels"))
        if labels.get("istio-injection") in {"enabled", "disabled"}:
            return labels.get("istio-injection") == "enabled"
        return "istio.io/rev" in labels
    return None

"""`connectionSettings`: what the proxies behind a host are told, mesh-wide or in their pods' annotation (Istio 1.31).

The pods behind a host are those that its Service selects, or those with the labels that the spec states.
"""

from collections.abc import Iterator, Mapping

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rules.msh import ending, pools
from backstay.core.route import Route

KINDS = frozenset({"ConfigMap", "Deployment", "StatefulSet", "DaemonSet", "Service"})
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_SETTINGS = "connectionSettings"


def settings_of(ctx: Context, host: str) -> Mapping[str, object]:
    """What the proxies behind a host are told; empty when nothing is at hand."""
    found = [settings for _, _, settings in settings_by_pod(ctx, host)]
    return found[0] if found else look.mapping(ending.proxy_config(ctx, {}).get(_SETTINGS))


def settings_by_pod(ctx: Context, host: str) -> Iterator[tuple[Item, Route, Mapping[str, object]]]:
    """The workloads behind a host whose annotation sets something, with the annotation's route."""
    labels = _labels(ctx, host)
    for item in ctx.of_kind(*_WORKLOADS) if labels else ():
        _, route = look.pod_spec(item)
        meta = look.mapping(look.at(item.value, *route[:-1], "metadata"))
        here = (
            f".{item.ref.namespace}.svc" in host
            and labels.items() <= look.mapping(meta.get("labels")).items()
        )
        annotations = look.mapping(meta.get("annotations"))
        if here and ending.PROXY_CONFIG in annotations:
            settings = look.mapping(ending.proxy_config(ctx, annotations).get(_SETTINGS))
            yield item, (*route[:-1], "metadata", "annotations", ending.PROXY_CONFIG), settings


def _labels(ctx: Context, host: str) -> Mapping[str, object]:
    modelled = pools.service(ctx, host)
    if modelled is not None and modelled.labels:
        return {key: fact.value for key, fact in modelled.labels.items()}
    found = pools.services_for(ctx, host)
    return look.mapping(look.at(found[0].value, "spec", "selector")) if found else {}

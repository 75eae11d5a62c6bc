"""Which patches reach a proxy, and in which order.

istio/istio pilot/pkg/model/push_context.go EnvoyFilters and pkg/model/policyattachment: filters of the root namespace
and of the proxy's own, whose selector fits; by priority over both namespaces, then the root namespace first, then by
age, then by `name.namespace`. Within a filter, patches keep their order.
"""

import re
from collections.abc import Iterable

from backstay.prove.istiod.envoy_filter import Patch, read_patches
from backstay.prove.istiod.journal import Journal
from backstay.prove.istiod.shape import Struct, labels, number, part, struct, structs, text
from backstay.prove.istiod.words import NoteKind, Proxy, ProxyKind, age_order, identity, is_a

_GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"
_LONGEST_VERSION_PATTERN = 1024
_LONG_PATTERNS_IGNORED_SINCE = (1, 31)


def patches_for(objects: Iterable[Struct], proxy: Proxy, journal: Journal) -> list[Patch]:
    """The patches of the EnvoyFilters among `objects` that reach the proxy, in the order istiod applies them."""
    filters = [value for value in objects if is_a(value, "EnvoyFilter")]
    return [
        patch
        for value in sorted(filters, key=lambda value: _order(value, proxy))
        if _reaches(value, proxy, journal)
        for patch in read_patches(value, proxy.release, journal)
        if _fits_proxy(patch, proxy, journal)
    ]


def _order(value: Struct, proxy: Proxy) -> tuple[int, bool, tuple[str, str]]:
    outside_root = identity(value).namespace != proxy.root_namespace
    return number(value, "spec", "priority"), outside_root, age_order(value)


def _reaches(value: Struct, proxy: Proxy, journal: Journal) -> bool:
    why = _why_not(value, proxy)
    if why:
        journal.say(NoteKind.NOT_SELECTED, identity(value), "", why)
    return not why


def _why_not(value: Struct, proxy: Proxy) -> str:
    """The reason the filter does not reach the proxy; empty when it does."""
    namespace, spec = identity(value).namespace, struct(value, "spec")
    if namespace not in (proxy.namespace, proxy.root_namespace):
        return f"namespace `{namespace}` is neither the proxy's nor the root, `{proxy.root_namespace}`"
    if part(spec, "target_refs"):
        mine = _is_target(structs(spec, "target_refs"), proxy, namespace)
        return "" if mine else "its targetRefs are not this proxy"
    if not proxy.wears(labels(spec, "workload_selector", "labels")):
        return "its workloadSelector does not fit the pod's labels"
    return ""


def _is_target(refs: list[Struct], proxy: Proxy, namespace: str) -> bool:
    """Sidecars ignore every filter with targetRefs; a Gateway API gateway is named by a label."""
    name = proxy.labels.get(_GATEWAY_NAME)
    if proxy.kind is ProxyKind.SIDECAR or name is None or namespace != proxy.namespace:
        return False
    return any(text(ref, "kind") == "Gateway" and text(ref, "name") == name for ref in refs)


def _fits_proxy(patch: Patch, proxy: Proxy, journal: Journal) -> bool:
    pattern = text(patch.match, "proxy", "proxy_version")
    if not _version_fits(pattern, proxy):
        told = f"proxyVersion `{pattern[:80]}` does not match {proxy.istio_version}"
        journal.say(NoteKind.NOT_SELECTED, patch.of, patch.where, told)
        return False
    wanted = labels(patch.match, "proxy", "metadata")
    if any(proxy.metadata.get(key) != item for key, item in wanted.items()):
        journal.say(NoteKind.NOT_SELECTED, patch.of, patch.where, "the proxy's metadata differs")
        return False
    return True


def _version_fits(pattern: str, proxy: Proxy) -> bool:
    if len(pattern) > _LONGEST_VERSION_PATTERN and proxy.release >= _LONG_PATTERNS_IGNORED_SINCE:
        return False
    return re.search(pattern, proxy.istio_version) is not None

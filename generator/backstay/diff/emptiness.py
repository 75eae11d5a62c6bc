"""Emptiness: which planned values a server does not store, so that their absence is no difference.

An API server keeps its own kinds as Go structs, in which empty maps and lists and the zero values of fields that
are no pointers are left out (`omitempty`, k8s.io/api/core/v1/types.go). A pointer's zero value is kept, and means
something else than its absence: `automountServiceAccountToken: false`, `emptyDir: {}`, `podSelector: {}`.
"""

from collections.abc import Mapping
from typing import Final

from backstay.core.route import Route
from backstay.diff.how import How

_MEANT: Final = frozenset(
    {
        "emptyDir", "podSelector", "namespaceSelector", "objectSelector", "selector", "securityContext", "affinity",
        "exec", "httpGet", "tcpSocket", "grpc", "sleep",
    }
)  # fmt: skip
"""Structs behind pointers: there even when they are empty, and some mean "all"."""

_UNSTORED: Final = frozenset(
    {
        "value", "apiGroup", "subPath", "subPathExpr", "workingDir", "hostname", "subdomain", "nodeName",
        "hostNetwork", "hostPID", "hostIPC", "readOnly", "stdin", "stdinOnce", "tty", "paused",
        "minReadySeconds", "hostPort", "initialDelaySeconds",
    }
)  # fmt: skip
"""Scalars that are no pointers and have no default: their zero value is not stored."""

_FREE: Final = frozenset(
    {"data", "stringData", "labels", "annotations", "matchLabels", "nodeSelector", "parameters"}
)
"""Mappings with keys of the writer's choice: an entry is stored whatever its value."""


def is_nothing(value: object, route: Route, how: How) -> bool:
    """Whether a planned value at a route says no more than its absence: so does a patch of nothing but nulls."""
    if not isinstance(value, Mapping) or not value:
        return is_empty(value, route, how)
    if how.directives and value.get("$patch") == "delete":
        return True
    if _is_meant(route) and any(below is not None for below in value.values()):
        return False
    return all(is_nothing(below, (*route, key), how) for key, below in value.items())


def is_empty(value: object, route: Route, how: How) -> bool:
    """Whether a server takes a value at a route for none at all."""
    if value is None or not how.typed or _is_free(route):
        return value is None
    if isinstance(value, Mapping | list):
        return not value and not _is_meant(route)
    return bool(route) and route[-1] in _UNSTORED and value in ("", 0)


def _is_meant(route: Route) -> bool:
    return bool(route) and route[-1] in _MEANT


def _is_free(route: Route) -> bool:
    """Whether the value is an entry of a mapping whose keys anybody may choose."""
    return len(route) > 1 and route[-2] in _FREE

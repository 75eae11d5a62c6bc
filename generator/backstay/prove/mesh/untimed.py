"""A configuration without the timeouts of requests, for trials of connections between requests.

There time passes so fast that nothing would be answered in what a request may take; deadlines have trials of their own.
"""

import json

from backstay.prove.istiod import Struct
from backstay.prove.istiod.shape import opened, struct, structs
from backstay.prove.mesh.objects import Arguments

_SERVICE_CONFIG = "grpc.service_config"


def untime(config: Struct) -> None:
    """Take the timeouts of requests and of tries out of the routes that listeners have inline, in place."""
    for listener in structs(config, "listeners"):
        for chain in structs(listener, "filter_chains"):
            for one in structs(chain, "filters"):
                _untime(struct(one, "typed_config", "route_config"))


def _untime(table: Struct) -> None:
    for host in structs(table, "virtual_hosts"):
        for route in structs(host, "routes"):
            action = opened(route, "route")
            action["timeout"] = "0s"
            action.pop("max_grpc_timeout", None)
            struct(action, "retry_policy").pop("per_try_timeout", None)


def untimed(arguments: Arguments) -> Arguments:
    """Channel arguments without the timeouts of a service config; one that cannot be read stays as it is."""
    text = arguments.get(_SERVICE_CONFIG)
    try:
        config = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return arguments
    if config is None:
        return arguments
    for method in structs(config, "method_config"):
        method.pop("timeout", None)
    return arguments | {_SERVICE_CONFIG: json.dumps(config)}

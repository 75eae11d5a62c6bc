"""What a VirtualService makes of a sidecar's outbound routes: timeouts and retries.

istio/istio pilot/pkg/networking/core/route: route.go (a timeout is also the most that a gRPC deadline may be) and
retry/retry.go (attempts exclude the first try; 0 takes the retries away; numbers in `retryOn` are HTTP statuses).
Only the route that takes every request is worked out; matches, weights and rewrites are not.
"""

from collections.abc import Iterable

from backstay.prove.istiod import Config, Struct
from backstay.prove.istiod.shape import opened, part, struct, structs, text, texts

_STATUSES = "retriable-status-codes"


def apply_virtual_services(objects: Iterable[Struct], config: Config, domain: str = "cluster.local") -> None:
    """Edit the outbound routes of a configuration in place."""
    for value in objects:
        if value.get("kind") == "VirtualService":
            namespace = text(struct(value, "metadata"), "namespace")
            hosts = {_full(host, namespace, domain) for host in texts(value, "spec", "hosts")}
            for route in structs(value, "spec", "http"):
                if part(route, "match") is None:
                    _apply(route, hosts, config)
                    break


def _full(host: str, namespace: str, domain: str) -> str:
    return host if "." in host else f"{host}.{namespace}.svc.{domain}"


def _apply(route: Struct, hosts: set[str], config: Config) -> None:
    for table in config["routes"]:
        for host in structs(table, "virtual_hosts"):
            if hosts & set(texts(host, "domains")):
                for one in structs(host, "routes"):
                    _edit(opened(one, "route"), route)


def _edit(action: Struct, route: Struct) -> None:
    timeout = part(route, "timeout")
    if timeout is not None:
        action["timeout"] = action["max_grpc_timeout"] = timeout
    retries = part(route, "retries")
    if isinstance(retries, dict):
        policy = _policy(retries)
        action.pop("retry_policy", None)
        if policy is not None:
            action["retry_policy"] = policy


def _policy(retries: Struct) -> Struct | None:
    attempts = part(retries, "attempts")
    if not attempts:
        return None
    words = [word for word in text(retries, "retry_on").split(",") if word]
    statuses = [int(word) for word in words if word.isdigit()]
    named = [word for word in words if not word.isdigit()]
    policy: Struct = {"num_retries": attempts}
    if words:
        policy["retry_on"] = ",".join(dict.fromkeys([*named, *([_STATUSES] if statuses else [])]))
    if statuses:
        policy["retriable_status_codes"] = [*statuses]
    if text(retries, "per_try_timeout"):
        policy["per_try_timeout"] = text(retries, "per_try_timeout")
    if text(retries, "backoff"):
        policy["retry_back_off"] = {"base_interval": text(retries, "backoff")}
    return policy

"""A spec with a database and a gRPC service that two kinds of callers use, and what callers get for it."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from support.casebook import on_base
from support.compiler import compile_spec, files_of

if TYPE_CHECKING:
    from backstay.pipeline import Compiled

FIREWALL = {"fw": {"preset": "firewall", "idle": "300s"}}
ORDERS = {"preset": "mysql", "host": "db.internal", "waitTimeout": "10m"}
FEATURES = {
    "host": "features.prod.svc.cluster.local", "port": 9000, "protocol": "grpc", "runtime": "go", "sidecar": False,
    "minPingInterval": "10s", "permitPingsWithoutCalls": True,
}  # fmt: skip


def calling(runtime: str = "go", retries: Any = None, **sections: Any) -> dict[str, Any]:
    """The spec; `features` and `orders` lie over the services, `call` over the gRPC call, `client` over the caller."""
    client = {"runtime": runtime, "sidecar": False, "namespaces": ["shop"], **sections.pop("client", {})}
    call = {
        "from": "shop", "to": "features", "idempotent": True, "deadline": "2s", "silentFor": "1h", "via": ["fw"],
        **sections.pop("call", {}),
    }  # fmt: skip
    network = {
        "boxes": deepcopy(FIREWALL),
        "clients": {"shop": client},
        "services": {
            "orders-db": {**ORDERS, **sections.pop("orders", {})},
            "features": {**FEATURES, **sections.pop("features", {})},
        },
        "calls": [
            {"from": "shop", "to": "orders-db", "via": ["fw"], "pool": sections.pop("pool", {"max": 20})},
            call,
        ],
        "overrides": sections.pop("pins", {}),
    }
    told = {"maxAttempts": 100, **({"calls": retries} if retries else {})}
    return on_base({"network": network, "retries": told, **sections})


def compiled(*args: Any, **kwargs: Any) -> Compiled:
    """It compiles, and no rule of the mesh finds anything."""
    found = compile_spec(calling(*args, **kwargs))
    assert not found.stops, [(each.rule, each.message) for each in found.findings]
    wrong = [(each.rule, each.message) for each in found.findings if each.rule.startswith(("MSH", "SCH"))]
    assert not [each for each in wrong if each[0] != "MSH019"], wrong
    return found


def variables(*args: Any, **kwargs: Any) -> dict[str, str]:
    """The data of the caller's ConfigMap."""
    settled = compiled(*args, **kwargs).settled
    (found,) = [one for one in settled if one.ref.name == "calls-of-shop"]
    assert found.ref.namespace == "shop"
    return dict(found.value["data"])


def settings(**kwargs: Any) -> dict[str, str]:
    """The data of the gRPC server's ConfigMap; empty when there is none."""
    found = [one for one in compiled(**kwargs).settled if one.ref.name == "settings-of-features"]
    assert [one.ref.namespace for one in found] in ([], ["prod"])
    return dict(found[0].value["data"]) if found else {}


def programs(*args: Any, **kwargs: Any) -> dict[str, str]:
    """The caller's programs as they are written, by file name."""
    start = "bundle/clients/shop/"
    written = files_of(calling(*args, **kwargs))
    return {
        name.removeprefix(start): data.decode() for name, data in written.items() if name.startswith(start)
    }

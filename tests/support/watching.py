"""A cluster whose calls are watched, and what is emitted for it."""

from typing import Any

from backstay.core.manifest import Manifest, settle
from backstay.emit import registry
from backstay.model.cluster import Cluster
from backstay.render.yaml import dump
from support.modelling import model
from support.specs import spec_of

Spec = dict[str, Any]

PARTS = ["alerts", "dashboards", "bpftrace", "tetragon"]
SERVICES = {
    "models": {"host": "models.serving.svc.cluster.local", "port": 9000, "targetPort": 9001, "portName": "grpc",
               "protocol": "grpc", "runtime": "core", "labels": {"app": "models"}, "minPingInterval": "10s",
               "permitPingsWithoutCalls": True},
    "ledger": {"host": "ledger.bank.svc.cluster.local", "port": 7000, "portName": "grpc", "protocol": "grpc",
               "runtime": "go", "labels": {"app": "ledger"}},
    "orders": {"host": "orders.db.internal", "port": 3306, "protocol": "mysql"},
}  # fmt: skip
CALLS = [
    {
        "from": "scorers",
        "to": "models",
        "via": ["wall"],
        "silentFor": "1h",
        "detectDeadPeerIn": "5m",
        "idempotent": True,
    },
    {"from": "steps", "to": "ledger", "via": ["wall"], "silentFor": "20m", "detectDeadPeerIn": "3m"},
    {"from": "steps", "to": "orders"},
]
CLIENTS = {
    "scorers": {"runtime": "core", "namespaces": ["scoring"]},
    "steps": {"runtime": "core", "sidecar": False},
}


def watched(**observability: Any) -> Cluster:
    """One call seen by the caller's proxy, one by the server's, one by the kernel alone; 15 s between scrapes."""
    network = {
        "boxes": {"wall": {"preset": "firewall", "idle": "300s"}},
        "clients": CLIENTS,
        "services": SERVICES,
        "calls": CALLS,
    }
    watching = {"namespace": "monitoring", "parts": PARTS, "scrapeInterval": "15s", **observability}
    return model(spec_of({"istio": {"version": "1.31"}}, network=network, observability=watching))


def emitted(cluster: Cluster) -> dict[str, Manifest]:
    """The files that are emitted for what watches, by name."""
    return {m.file: m for m in registry.emit(cluster) if "/observability/" in m.file}


def value(manifest: Manifest) -> Any:
    """The plain value of a manifest."""
    return settle(manifest, dump).value


def rule(cluster: Cluster) -> Any:
    """The PrometheusRule of a cluster."""
    (found,) = (value(m) for m in emitted(cluster).values() if m.body.get("kind") == "PrometheusRule")
    return found


def alerts(cluster: Cluster) -> dict[tuple[str, str], Any]:
    """Every alert, by its name and the service or port that it is about."""
    rules = (one for group in rule(cluster)["spec"]["groups"] for one in group["rules"])
    return {(one["alert"], one["labels"].get("service") or one["labels"]["port"]): one for one in rules}

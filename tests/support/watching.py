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

JOBS: Spec = {
    "termination": {"nodeLoss": {"recoverIn": "10m", "strategy": "kueue-failure-recovery", "restartSafe": ["team/*"]}},
    "memory": {"budgets": {"team": "100Gi"}, "steps": {"default": "1Gi"}},
    "workloads": {
        "train": {"kind": "pytorchjob", "namespace": "team", "replicas": 2, "memory": "8Gi", "runsFor": "1h", "attempts": 3,
                  "retryOn": ["disruption", "failure"], "queuedFor": "30m"},
        "count": {"kind": "job", "namespace": "team", "runsFor": "1h", "attempts": 3, "retryOn": ["disruption", "failure"]},
        "group": {"kind": "jobset", "namespace": "team", "runsFor": "1h", "attempts": 3, "retryOn": ["disruption", "failure"]},
        "churn": {"kind": "zenml", "namespace": "team", "runsFor": "1h", "attempts": 3, "retryOn": ["disruption", "failure"],
                  "steps": {"load": {}, "score": {}}},
    },
}  # fmt: skip
"""A namespace whose jobs are watched: one of each kind, each of which may be tried three times."""


def watched(**observability: Any) -> Cluster:
    """One call seen by the caller's proxy, one by the server's, one by the kernel alone, and jobs; 15 s between scrapes."""
    network = {
        "boxes": {"wall": {"preset": "firewall", "idle": "300s"}},
        "clients": CLIENTS,
        "services": SERVICES,
        "calls": CALLS,
    }
    watching = {"namespace": "monitoring", "parts": PARTS, "scrapeInterval": "15s", **observability}
    platform = {
        "istio": {"version": "1.31"},
        "kueue": "0.19",
        "jobset": "0.12",
        "trainingOperator": "1.9",
        "zenml": "0.98",
    }
    return model(spec_of(platform, network=network, observability=watching, **JOBS))


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
    """Every alert, by its name and the service, port, workload or namespace that it is about."""
    rules = (one for group in rule(cluster)["spec"]["groups"] for one in group["rules"])
    return {(one["alert"], _subject(one["labels"])): one for one in rules}


def _subject(labels: dict[str, str]) -> str:
    return next(labels[name] for name in ("service", "port", "workload", "home") if name in labels)

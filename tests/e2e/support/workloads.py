"""Workloads of every kind, small and complete: as upstream's defaults leave them, and with what frees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from e2e.support.kubeapi import Object

SAFE = {"kueue.x-k8s.io/safe-to-forcefully-delete": "true"}
NOTHING: Mapping[str, str] = {}
_TAINTS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
TOLERATIONS = [
    {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30} for key in _TAINTS
]
_DISRUPTED = {"onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
IGNORE_DISRUPTION = {"action": "Ignore", **_DISRUPTED}
FAIL_ON_DISRUPTION = {"action": "FailJob", **_DISRUPTED}
FAIL_ON_OOM = {
    "action": "FailJob",
    "onExitCodes": {"containerName": "main", "operator": "In", "values": [137]},
}


def pods(container: str, notes: Mapping[str, str] = NOTHING, **spec: object) -> Object:
    """A pod template with tolerations of 30 s."""
    containers = [{"name": container, "image": "trainer:1"}]
    return {
        "metadata": {"annotations": dict(notes)},
        "spec": {"containers": containers, "tolerations": TOLERATIONS, **spec},
    }


def job(name: str, rules: list[Object], notes: Mapping[str, str] = NOTHING, retries: int = 2) -> Object:
    """A Job of one pod; without rules it has no podFailurePolicy."""
    policy = {"podFailurePolicy": {"rules": rules}} if rules else {}
    template = pods("main", notes, restartPolicy="Never")
    spec = {"backoffLimit": retries, "template": template, **policy}
    return _object("batch/v1", "Job", name, spec)


def pytorchjob(name: str, restarts: str, notes: Mapping[str, str] = NOTHING) -> Object:
    """A PyTorchJob of a master and a worker."""
    replicas = {
        role: {"replicas": 1, "restartPolicy": restarts, "template": pods("pytorch", notes)}
        for role in ("Master", "Worker")
    }
    return _object("kubeflow.org/v1", "PyTorchJob", name, {"pytorchReplicaSpecs": replicas})


def jobset(name: str, notes: Mapping[str, str] = NOTHING) -> Object:
    """A JobSet of one Job with two pods, restarted twice at most."""
    job_spec = {
        "completions": 2,
        "parallelism": 2,
        "backoffLimit": 0,
        "template": pods("main", notes, restartPolicy="Never"),
    }
    spec = {
        "failurePolicy": {"maxRestarts": 2},
        "replicatedJobs": [{"name": "w", "template": {"spec": job_spec}}],
    }
    return _object("jobset.x-k8s.io/v1alpha2", "JobSet", name, spec)


def runtime(name: str, notes: Mapping[str, str] = NOTHING) -> Object:
    """A ClusterTrainingRuntime of two nodes that restarts as a whole when a pod is disrupted."""
    job_spec = {
        "backoffLimit": 0,
        "podFailurePolicy": {"rules": [FAIL_ON_DISRUPTION]},
        "template": pods("node", notes, restartPolicy="Never"),
    }
    labels = {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}
    rule = {
        "name": "disrupted",
        "action": "RestartJobSetAndIgnoreMaxRestarts",
        "onJobFailureReasons": ["PodFailurePolicy"],
    }
    set_spec = {
        "failurePolicy": {"maxRestarts": 2, "rules": [rule]},
        "replicatedJobs": [{"name": "node", "template": {"metadata": {"labels": labels}, "spec": job_spec}}],
    }
    spec = {"mlPolicy": {"numNodes": 2, "torch": {}}, "template": {"spec": set_spec}}
    made = _object("trainer.kubeflow.org/v1alpha1", "ClusterTrainingRuntime", name, spec)
    del made["metadata"]["namespace"]
    return made


def trainjob(name: str, runtime: str) -> Object:
    """A TrainJob of a ClusterTrainingRuntime."""
    return _object("trainer.kubeflow.org/v1alpha1", "TrainJob", name, {"runtimeRef": {"name": runtime}})


def _object(api_version: str, kind: str, name: str, spec: Object) -> Object:
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}

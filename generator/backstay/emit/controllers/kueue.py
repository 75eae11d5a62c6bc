"""Kueue's manager: its Configuration, whole, as the installed line reads it.

Resources that no ClusterQueue covers are left out of its view, or a job that requests them is never admitted. The
frameworks are those that the install lists and those that the installed training operators need.
Source: kueue apis/config/v1beta1 and v1beta2 (configuration_types.go); in v1beta1 `enable` turns waiting on.
"""

from collections.abc import Iterator

from backstay.core.fact import Fact, from_preset, join
from backstay.core.feature import Feature
from backstay.core.manifest import Manifest, Role
from backstay.core.units import show_duration
from backstay.emit.parts import Body, fixed
from backstay.model.cluster import Cluster
from backstay.model.jobs import Jobs, JobSystems, Strategy
from backstay.upstream.kueue import LEADER_ELECTION, READY_TIMEOUT_MS, shipped

SOURCE = "kueue config/components/manager/controller_manager_config.yaml"
UNCOVERED = ("cpu", "ephemeral-storage", "hugepages-")
"""Prefixes of resources that backstay's queues do not count."""


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """The file, where Kueue is installed."""
    version = cluster.jobs.systems.kueue
    if version is not None:
        yield Manifest("bundle/kueue.yaml", Role.BUNDLE, _configuration(cluster, version), fixed(SOURCE))


def _configuration(cluster: Cluster, version: Fact[str]) -> Body:
    install = shipped(version.value)
    named = "v1beta2" if cluster.has(Feature.KUEUE_V1BETA2) else "v1beta1"
    return {
        "apiVersion": f"config.kueue.x-k8s.io/{named}",
        "kind": "Configuration",
        "health": {"healthProbeBindAddress": ":8081"},
        "metrics": {"bindAddress": ":8443"},
        "webhook": {"port": 9443},
        "leaderElection": {"leaderElect": True, "resourceName": LEADER_ELECTION},
        "controller": {"groupKindConcurrency": dict(install.concurrency)},
        "clientConnection": {"qps": install.qps, "burst": install.burst},
        "integrations": {"frameworks": _frameworks(cluster.jobs.systems, version)},
        "resources": {"excludeResourcePrefixes": list(UNCOVERED)},
        **_waiting(cluster),
        **_gates(cluster.jobs),
    }


def _frameworks(systems: JobSystems, version: Fact[str]) -> Fact[list[str]]:
    """What somebody says the manager lists, else what its install lists and the training operators need."""
    if systems.kueue_frameworks is not None:
        return systems.kueue_frameworks.to(list)
    needed = {
        "jobset.x-k8s.io/jobset": systems.jobset,
        "trainer.kubeflow.org/trainjob": systems.trainer,
        "kubeflow.org/pytorchjob": systems.training_operator,
    }
    there = {name: operator for name, operator in needed.items() if operator is not None}
    listed = [*shipped(version.value).frameworks, *there]
    return join(list(dict.fromkeys(listed)), version, *there.values())


def _waiting(cluster: Cluster) -> Body:
    """How patient it is with pods, where it admits any workload of the spec."""
    jobs = cluster.jobs
    always = from_preset(READY_TIMEOUT_MS, "kueue", "what it waits by default from 0.19 on")
    timeout = jobs.ready_timeout or (always if cluster.has(Feature.KUEUE_WAITS_FOR_PODS) else None)
    if timeout is None or jobs.requeues is None:
        return {}
    waiting: Body = {
        "timeout": timeout.to(show_duration),
        "requeuingStrategy": {"backoffLimitCount": jobs.requeues},
    }
    if jobs.ready_recovery is not None:
        waiting["recoveryTimeout"] = jobs.ready_recovery.to(show_duration)
    if not cluster.has(Feature.KUEUE_V1BETA2):
        waiting["enable"] = True
    return {"waitForPodsReady": waiting}


def _gates(jobs: Jobs) -> Body:
    """Kueue may delete what is left on a lost node where the spec chose it, and only pods that carry its annotation."""
    recovery = jobs.recovery
    safe = [one.restart_safe for one in jobs.workloads if one.restart_safe is not None]
    if recovery is None or recovery.strategy.value is not Strategy.KUEUE or not safe:
        return {}
    gate = join(True, recovery.strategy, *safe)  # noqa: FBT003 - the value
    return {"featureGates": {"FailureRecoveryPolicy": gate}}

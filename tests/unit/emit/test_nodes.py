"""What is emitted for nodes: health checks, fencing, the kubelet's shutdown; and the controllers' configurations."""

from typing import Any

import jsonschema_rs
import pytest
import yaml

from support.compiler import compile_spec
from support.repository import SHARED, needs_fixtures
from support.specs import Spec, spec_of

FENCED = {"nodeLoss": {"recoverIn": "12m", "strategy": "self-node-remediation",
                       "remediation": {"fencedIn": "3m", "namespace": "remediation"}}}  # fmt: skip
POOLS = {
    "gpu": {"nodes": 2, "capacity": "64Gi", "nodeLabels": {"pool": "gpu"}},
    "cpu": {"nodes": 2, "capacity": "64Gi"},
}
CRDS = (
    "medik8s-nhc-0.12.0/remediation.medik8s.io_nodehealthchecks.yaml",
    "medik8s-snr-0.13.0/self-node-remediation.medik8s.io_selfnoderemediationconfigs.yaml",
    "medik8s-snr-0.13.0/self-node-remediation.medik8s.io_selfnoderemediationtemplates.yaml",
)


def emitted(platform: Spec | None = None, **sections: Any) -> dict[str, Any]:
    """The values of the emitted files by name."""
    return {one.file: one.value for one in compile_spec(spec_of(platform or {}, **sections)).settled}


def named(found: dict[str, Any], kind: str) -> list[Any]:
    """The objects of a kind."""
    return [value for value in found.values() if value.get("kind") == kind]


def test_a_silent_node_is_fenced_in_time() -> None:
    """One check for all workers where a pool has no labels; times as solved; the template in the operator's namespace."""
    found = emitted(termination=FENCED, memory={"pools": POOLS})
    (check,) = named(found, "NodeHealthCheck")
    (template,) = named(found, "SelfNodeRemediationTemplate")
    (config,) = named(found, "SelfNodeRemediationConfig")
    conditions = check["spec"]["unhealthyConditions"]
    assert [(one["type"], one["status"], one["duration"]) for one in conditions] == [
        ("Ready", "False", "300s"), ("Ready", "Unknown", "300s"),
    ]  # fmt: skip
    assert check["spec"]["minHealthy"] == "51%"
    assert "maxUnhealthy" not in check["spec"]
    reference = check["spec"]["remediationTemplate"]
    assert (reference["name"], reference["namespace"]) == (
        template["metadata"]["name"],
        template["metadata"]["namespace"],
    )
    assert template["metadata"]["namespace"] == "remediation"
    assert config["spec"]["safeTimeToAssumeNodeRebootedSeconds"] == 180
    assert config["metadata"]["name"] == "self-node-remediation-config"


def test_labelled_pools_have_checks_of_their_own_that_do_not_overlap() -> None:
    """And a number of healthy nodes is a number."""
    pools = {name: {**POOLS["cpu"], "nodeLabels": {"pool": name}} for name in ("a", "b")}
    loss = {
        "nodeLoss": {
            **FENCED["nodeLoss"], "remediation": {"minHealthy": "3"},
        }
    }  # fmt: skip
    found = named(emitted(termination=loss, memory={"pools": pools}), "NodeHealthCheck")
    assert [one["spec"]["selector"] for one in found] == [
        {"matchLabels": {"pool": "a"}}, {"matchLabels": {"pool": "b"}},
    ]  # fmt: skip
    assert [one["spec"]["minHealthy"] for one in found] == [3, 3]


@pytest.mark.parametrize("strategy", ["kueue-failure-recovery", "cloud-repair", "none"])
def test_other_strategies_fence_nothing(strategy: str) -> None:
    """Their objects are somebody else's."""
    loss = {"nodeLoss": {"recoverIn": "30m", "strategy": strategy}}
    found = emitted({"kueue": "0.19"}, termination=loss, memory={"pools": POOLS})
    assert not [name for name in found if name.startswith("component/nodes/")]


@needs_fixtures
@pytest.mark.parametrize("crd", CRDS)
def test_remediation_objects_fit_their_crds(crd: str) -> None:
    """Judged by the schemas of the operators' releases."""
    definition = yaml.safe_load((SHARED / "fixtures/crds" / crd).read_text())
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    objects = named(emitted(termination=FENCED), definition["spec"]["names"]["kind"])
    assert objects
    for one in objects:
        jsonschema_rs.validate(schema, one)
        assert set(one["spec"]) <= set(schema["properties"]["spec"]["properties"])


def test_a_kubelet_waits_for_the_slowest_pod() -> None:
    """A drop-in for each pool that has workloads; none for the others."""
    found = emitted(
        termination={"drain": {"checkpoint": "4m"}}, memory={"pools": POOLS},
        workloads={"train": {"kind": "job", "namespace": "team-a", "pool": "gpu"}},
    )  # fmt: skip
    assert found["bundle/kubelet/gpu.yaml"] == {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "shutdownGracePeriod": "300s",
        "shutdownGracePeriodCriticalPods": "30s",
    }
    assert "bundle/kubelet/cpu.yaml" not in found


@pytest.mark.parametrize(
    ("version", "status", "names"),
    [("2.1", False, True), ("2.2", True, True), ("2.3", True, True), ("2.4", True, False)],
)
def test_trainer_reads_the_keys_of_its_line_only(version: str, status: bool, names: bool) -> None:  # noqa: FBT001 - columns
    """It decodes strictly: a key of another line stops it."""
    config = emitted({"trainer": version})["bundle/trainer.yaml"]
    assert ("statusServer" in config, "certManagement" in config) == (status, names)


def test_trainer_2_0_has_flags_only() -> None:
    """No file for it."""
    assert "bundle/trainer.yaml" not in emitted({"trainer": "2.0"})


def test_each_controller_has_its_file() -> None:
    """And the bundle names the versions that they are for."""
    found = emitted({"jobset": "0.12", "trainingOperator": "1.9", "trainer": "2.3"})
    assert found["bundle/jobset.yaml"]["apiVersion"] == "config.jobset.x-k8s.io/v1alpha1"
    assert all(flag.startswith("--") for flag in found["bundle/training-operator.yaml"]["args"])
    versions = found["bundle/bundle.yaml"]["versions"]
    assert {name: versions[name] for name in ("jobset", "training_operator", "trainer")} == {
        "jobset": "0.12", "training_operator": "1.9", "trainer": "2.3",
    }  # fmt: skip

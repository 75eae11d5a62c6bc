"""Quotas, limits, priorities and Kueue's objects, as pools and budgets have them."""

import pytest

from backstay.core.manifest import settle
from backstay.emit import registry
from backstay.render.yaml import dump
from support.modelling import model
from support.specs import spec_of

MEMORY = {
    "pools": {
        "cpu": {"nodes": 4, "capacity": "64Gi", "evictionHard": "0Gi"},
        "gpu": {"nodes": 2, "capacity": "256Gi", "evictionHard": "0Gi", "gpus": 8, "nodeLabels": {"pool": "gpu"},
                "taints": [{"key": "nvidia.com/gpu", "value": "present"}]},
    },
    "budgets": {"team": {"total": "128Gi", "pools": {"cpu": "96Gi", "gpu": "32Gi"}, "gpus": 4}, "lab": {"total": "8Gi", "pools": {"cpu": "8Gi"}}},
    "steps": {"default": "2Gi"},
    "priorities": {"urgent": 1000},
}  # fmt: skip


def objects(kueue="0.19", **memory):
    """Everything of the memory folder, and Kueue's configuration, by kind and name."""
    platform = {"kueue": kueue} if kueue else {}
    found = registry.emit(model(spec_of(platform, memory={**MEMORY, **memory})))
    kept = [one for one in found if one.file.startswith(("component/memory/", "bundle/kueue"))]
    return {
        (v["kind"], v.get("metadata", {}).get("name", "")): v
        for v in (settle(one, dump).value for one in kept)
    }


def test_a_queue_counts_what_each_pool_gives():
    """Nothing of a pool that the budget does not name; GPUs as the budget says, else all that the pool has."""
    groups = {name: objects()["ClusterQueue", name]["spec"]["resourceGroups"] for name in ("team", "lab")}
    quotas = {
        name: {
            (flavor["name"], one["name"]): one["nominalQuota"]
            for flavor in group["flavors"]
            for one in flavor["resources"]
        }
        for name, (group,) in groups.items()
    }
    assert quotas["team"] == {
        ("cpu", "memory"): "96Gi", ("cpu", "nvidia.com/gpu"): "0", ("gpu", "memory"): "32Gi", ("gpu", "nvidia.com/gpu"): "4",
    }  # fmt: skip
    assert quotas["lab"]["gpu", "memory"] == "0"
    assert quotas["lab"]["gpu", "nvidia.com/gpu"] == "16"


def test_a_flavor_is_a_pool():
    """Its labels and taints; without pools there is one flavor for any node."""
    assert objects()["ResourceFlavor", "gpu"]["spec"] == {
        "nodeLabels": {"pool": "gpu"},
        "nodeTaints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
    }
    bare = objects(pools={}, budgets={"team": "8Gi"})
    assert bare["ResourceFlavor", "any-node"]["spec"] == {}
    assert bare["ClusterQueue", "team"]["spec"]["resourceGroups"][0]["coveredResources"] == ["memory"]


def test_a_quota_counts_limits_too_and_comes_with_a_default():
    """No container may be larger than the largest node."""
    found = objects(kueue=None)
    assert (
        found["ResourceQuota", "backstay-memory"]["spec"]["hard"].items() >= {"limits.memory": "8Gi"}.items()
    )
    (limit,) = found["LimitRange", "backstay-memory"]["spec"]["limits"]
    assert (limit["default"], limit["defaultRequest"], limit["max"]) == (
        {"memory": "2Gi"},
        {"memory": "2Gi"},
        {"memory": "256Gi"},
    )
    assert not [kind for kind, _ in found if "Queue" in kind or "Workload" in kind]
    assert ("LimitRange", "backstay-memory") not in objects(kueue=None, steps={"fanOut": 3})


@pytest.mark.parametrize(("line", "api"), [("0.14", "v1beta1"), ("0.15", "v1beta2"), ("0.20", "v1beta2")])
def test_the_api_version_is_the_installed_kueues(line, api):
    """Of the objects and of the manager's configuration."""
    found = objects(line)
    assert found["LocalQueue", "team"]["apiVersion"] == f"kueue.x-k8s.io/{api}"
    assert found["WorkloadPriorityClass", "urgent"]["apiVersion"] == f"kueue.x-k8s.io/{api}"
    assert found["Configuration", ""]["apiVersion"] == f"config.kueue.x-k8s.io/{api}"


def test_what_no_queue_covers_is_left_out_of_kueues_view():
    """Else a job that requests CPU is never admitted."""
    excluded = objects()["Configuration", ""]["resources"]["excludeResourcePrefixes"]
    covered = objects()["ClusterQueue", "team"]["spec"]["resourceGroups"][0]["coveredResources"]
    assert "cpu" in excluded
    assert not any(name.startswith(tuple(excluded)) for name in covered)


def test_the_frameworks_are_those_that_are_needed_or_those_that_somebody_lists():
    """0.19 leaves the Training Operator's jobs out by itself."""

    def listed(**platform):
        found = registry.emit(model(spec_of({"kueue": "0.19", **platform})))
        (config,) = (one for one in found if one.file == "bundle/kueue.yaml")
        return settle(config, dump).value["integrations"]["frameworks"]

    assert "kubeflow.org/pytorchjob" not in listed()
    assert "kubeflow.org/pytorchjob" in listed(trainingOperator="1.9")
    assert listed(kueue={"version": "0.19", "frameworks": ["batch/job"]}) == ["batch/job"]

"""What runs, as objects show it."""

import pytest

from backstay.audit.versions import Signs
from backstay.check.context import Item
from backstay.core.manifest import ref_of
from backstay.core.place import Place
from backstay.upstream.images import system_of, version_of


def item(value):
    """An object that was read."""
    return Item(ref_of(value), value, partial=False, file="a.yaml", place_of=lambda _route: Place())


def pod(image, name="a"):
    """A pod of one container."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "a", "image": image}]},
    }


def versions(*values, **stated):
    """What some objects show, beside what is stated."""
    signs = Signs()
    for value in values:
        signs.add(item(value))
    return signs.versions(stated)


@pytest.mark.parametrize(
    ("image", "system", "version"),
    [
        ("ghcr.io/kubeflow/kfp-api-server:2.5.0", "pipelines", "2.5.0"),
        ("gcr.io/ml-pipeline/api-server:2.0.5", "pipelines", "2.0.5"),
        ("quay.io/argoproj/workflow-controller:v3.5.14", "workflows", "3.5.14"),
        ("gcr.io/ml-pipeline/workflow-controller:v3.3.10-license-compliance", "workflows", "3.3.10"),
        ("gcr.io/istio-release/pilot:1.26.1", "istio", "1.26.1"),
        ("docker.io/istio/proxyv2:1.30.5-distroless", "istio", "1.30.5"),
        ("registry.k8s.io/kueue/kueue:v0.19.2", "kueue", "0.19.2"),
        ("registry.k8s.io/jobset/jobset:v0.12.0@sha256:00ff", "jobset", "0.12.0"),
        ("ghcr.io/kubeflow/trainer/trainer-controller-manager:v2.3.0", "trainer", "2.3.0"),
        ("kubeflow/training-operator:v1-93c5489", "training_operator", None),
        ("zenmldocker/zenml-server:0.98.0", "zenml", "0.98.0"),
        ("registry.k8s.io/kube-apiserver:v1.36.3", "kubernetes", "1.36.3"),
        ("mirror.example:5000/argoproj/workflow-controller", "workflows", None),
        ("registry.example/argoproj/workflow-controller:latest", "workflows", None),
        ("registry.example/my-argoproj/workflow-controller:v3.5.0", None, "3.5.0"),
        ("registry.example/argoproj/workflow-controller-docs:v3.5.0", None, "3.5.0"),
    ],
)
def test_an_image_tells_its_system_and_version(image, system, version):
    """Whole path components only, and numbers only."""
    assert (system_of(image), version_of(image)) == (system, version)


def test_what_is_stated_comes_before_what_is_seen():
    """A person knows better."""
    found = versions(pod("istio/pilot:1.26.1"), istio="1.30")
    assert found.lines["istio"] == "1.30"
    assert found.exact["istio"] == "1.30"


def test_images_come_before_labels():
    """Labels outlive upgrades."""
    labels = {"app.kubernetes.io/name": "istiod", "app.kubernetes.io/version": "1.22.0"}
    labelled = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "labels": labels}}
    assert versions(labelled).lines["istio"] == "1.22"
    assert versions(labelled, pod("istio/pilot:1.26.1")).lines["istio"] == "1.26"


def test_patch_levels_of_one_line_agree():
    """A rolling upgrade within a line; the older one counts."""
    found = versions(pod("istio/pilot:1.26.10"), pod("istio/proxyv2:1.26.2", "b"))
    assert found.exact["istio"] == "1.26.2"


def test_two_lines_are_told_and_neither_is_taken():
    """Which of the two the other objects are for is not known."""
    found = versions(pod("istio/pilot:1.26.1"), pod("istio/proxyv2:1.30.0", "b"))
    assert "istio" not in found.exact
    told = (
        "Istio is 1.26.1 (an image of Pod a) and 1.30.0 (an image of Pod b): rules that ask which are silent"
    )
    assert found.notes[0] == f"{told}; give --platform istio=..."
    assert found.notes[1].startswith("which Kubernetes runs is not known")


def test_an_unsupported_version_is_told():
    """It has no features that anybody could ask for."""
    found = versions(pod("istio/pilot:1.16.1"), kubernetes="1.36")
    assert "istio" not in found.lines
    assert found.notes == ("Istio 1.16.1 is not supported: rules that ask for it are silent",)


def test_nodes_and_install_configuration_tell_too():
    """Of a cluster's dump."""
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n"},
        "status": {"nodeInfo": {"kubeletVersion": "v1.33.4-eks-1"}},
    }
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "pipeline-install-config"},
        "data": {"appVersion": "2.5.0"},
    }
    assert versions(node, config).lines == {"kubernetes": "1.33", "pipelines": "2.5"}

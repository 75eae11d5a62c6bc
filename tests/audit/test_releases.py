"""Releases that definitions show: by fields and served versions, never by what generators wrote."""

import json
from pathlib import Path

import pytest

from backstay.audit.judge import Given, audit_paths, audit_text
from backstay.text.yaml import parse
from support.repository import SHARED, needs_fixtures

CRDS = SHARED / "fixtures" / "crds"
pytestmark = needs_fixtures


def definitions(folder):
    """The definitions of a release."""
    return [parse(file.read_text()) for file in sorted((CRDS / folder).glob("*.yaml"))]


def audit(objects, **stated):
    """What is made of some objects."""
    text = "\n---\n".join(json.dumps(one) for one in objects)
    return audit_text(text.encode(), Given(stated))


def about(done, title):
    """The notes about a product."""
    return [note for note in done.notes if title in note]


def pod(image):
    """A pod of one container."""
    meta = {"name": "a", "namespace": "b"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": {"containers": [{"name": "a", "image": image}]},
    }


@pytest.mark.parametrize(
    ("folder", "line"),
    [("istio-1.26.8", "Istio 1.26"), ("argo-workflows-3.5.14", "Argo Workflows 3.5")],
)
def test_definitions_tell_one_release_together(folder, line):
    """Each alone is of several; and what is told is said with its evidence."""
    (told,) = audit_paths([CRDS / folder], Given({})).versions
    assert told.startswith(f"{line}: the definitions of ")


@pytest.mark.parametrize(
    ("folder", "title", "words"),
    [
        ("istio-1.31.0-rc.0", "Istio", "1.31 or newer"), ("argo-workflows-4.0.5", "Argo Workflows", "3.7 or newer"),
        ("jobset-0.12.0", "JobSet", "0.12 or newer"), ("trainer-2.3.0", "Kubeflow Trainer", "2.3 or newer"),
        ("training-operator-1.9.4", "Training Operator", "1.9 or newer"),
    ],
)  # fmt: skip
def test_the_newest_release_at_hand_is_a_lower_bound(folder, title, words):
    """A later one may look the same, so nothing is guessed."""
    done = audit_paths([CRDS / folder], Given({}))
    assert done.versions == ()
    assert about(done, title)[0].startswith(
        f"which {title} runs is not known beyond {words}, which its definitions are of"
    )


def test_a_field_tells_the_oldest_release_that_it_can_be_of():
    """A vendor's definition with one field more than any release is at least as new as its newest field."""
    (rule,) = [
        one for one in definitions("istio-1.31.0-rc.0") if one["spec"]["names"]["kind"] == "DestinationRule"
    ]
    for version in rule["spec"]["versions"]:
        policy = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["trafficPolicy"]
        del policy["properties"]["retryBudget"]  # of 1.27; no release has http2KeepAlive and lacks it
    assert "not known beyond 1.31 or newer" in about(audit([rule]), "Istio")[0]


def test_generators_tell_nothing():
    """controller-gen's version is nobody's but its own."""
    one = definitions("jobset-0.12.0")[0]
    one["metadata"]["annotations"] = {"controller-gen.kubebuilder.io/version": "v0.11.0"}
    assert "0.12 or newer" in about(audit([one]), "JobSet")[0]


def test_definitions_left_behind_are_one_finding():
    """Helm upgrades the controller and not what it defines."""
    done = audit([*definitions("istio-1.26.8"), pod("docker.io/istio/pilot:1.30.1")])
    (one,) = [one for one in done.findings if one.rule == "AUD004"]
    assert one.message.startswith("the definitions of ")
    assert "of Istio 1.26, and 1.30 runs (an image of Pod b/a)" in one.message
    assert (one.object.kind, one.field) == ("CustomResourceDefinition", "metadata.name")
    assert one.related
    assert "Istio 1.30.1: an image of Pod b/a" in done.versions


def test_definitions_of_the_release_that_runs_are_none():
    """Whoever says so: an image, a person."""
    assert audit([*definitions("istio-1.26.8"), pod("docker.io/istio/pilot:1.26.3")]).findings == []
    assert [one.rule for one in audit(definitions("istio-1.26.8"), istio="1.26").findings] == []
    assert "AUD004" in [one.rule for one in audit(definitions("istio-1.26.8"), istio="1.31").findings]


def test_definitions_of_several_releases_tell_none():
    """Each is named with what it can be of."""
    old, new = definitions("istio-1.26.8"), definitions("istio-1.31.0-rc.0")
    mixed = [one for one in old if one["spec"]["names"]["kind"] == "Sidecar"]
    mixed += [one for one in new if one["spec"]["names"]["kind"] == "DestinationRule"]
    (note,) = about(audit(mixed), "Istio")
    assert "Istio's definitions are of several releases (" in note
    assert "DestinationRule of 1.31 or newer" in note
    assert "Sidecar of 1.26 to 1.27" in note


def test_versions_come_with_their_evidence_on_stderr(tmp_path, capfd, monkeypatch):
    """Images, labels and definitions; what a person states is no news to them."""
    from backstay.cli.main import run

    monkeypatch.chdir(tmp_path)
    labels = {"operator.istio.io/version": "1.24.1"}
    labelled = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "x", "namespace": "i", "labels": labels},
    }
    Path("a.json").write_text(json.dumps(labelled))
    run(["audit", ".", str(CRDS / "argo-workflows-3.5.14"), "--platform", "kubernetes=1.36"])
    said = capfd.readouterr().err
    assert "judged for Kubernetes" not in said
    assert "judged for Istio 1.24.1: the labels of ConfigMap i/x" in said
    assert "judged for Argo Workflows 3.5: the definitions of " in said

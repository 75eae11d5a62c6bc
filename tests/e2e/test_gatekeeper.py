"""Gatekeeper's own judge over what `engine: gatekeeper` compiles to: it takes the good and denies the bad in our words."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING

import pytest

from backstay.claims import baseline
from backstay.claims.claim import Installed
from backstay.claims.policy import RESOURCES
from backstay.claims.registry import EXPRESSED
from e2e.support.errors import Failed
from e2e.support.process import run
from support import casebook
from support.compiler import compile_spec
from support.stored import stored

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.support.toolbox import GetProgram

pytestmark = pytest.mark.e2e

SECONDS = 300
BASELINE = {"tolerations": [{"key": "dedicated", "effect": "NoSchedule"}]}
ANSWERS = {"errors": "warn", "warnings": "audit", "baseline": BASELINE, "exemptNamespaces": ["lab"]}
"""Nothing is denied, so that gator ends well and tells everything."""
BAD = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "kfp-launcher", "namespace": "shop"},
    "data": {"MINIO_ENDPOINT": "minio:9000"},
}
SAID = "KFP001: no Pipelines release reads `MINIO_ENDPOINT` of kfp-launcher"


def emitted(**admission):
    """The cluster model of the base spec with such a section, and its templates and constraints."""
    compiled = compile_spec(casebook.on_base({"admission": {"engine": "gatekeeper", **admission}}))
    objects = [one.value for one in compiled.settled if one.file.startswith("component/admission/")]
    return compiled.cluster, objects


def said(cluster, obj):
    """What the claims of a cluster say of an object, as a policy would put it."""
    installed = Installed(cluster.features, cluster.versions)
    return {
        f"{one.rule}: {found.message} ({found.help})"
        for one in (*EXPRESSED, *baseline.expressed(cluster.admission.baseline))
        for claim in one.claims(installed)
        for found in claim.judge(obj["kind"], obj, partial=False)
    }


def named(value):
    """Every container with a name: without one no API server takes it, and messages have nothing to call it by."""
    if isinstance(value, list):
        return [named(one) for one in value]
    if not isinstance(value, dict):
        return value
    inner = {key: named(one) for key, one in value.items()}
    for key in ("containers", "initContainers"):
        if isinstance(inner.get(key), list):
            inner[key] = [{"name": "main", **one} if isinstance(one, dict) else one for one in inner[key]]
    return inner


def objects():
    """The whole objects of all cases, each in a namespace of its own: gator takes one of a name."""
    cases = [case for case in casebook.cases() if case.objects and case.before is None]
    items = [item for case in cases for item in casebook.context(case).items]
    whole = [item.value for item in items if not item.partial and item.ref.kind in RESOURCES]
    for number, value in enumerate(whole):
        data = value.get("data", {})
        if isinstance(data, dict) and all(isinstance(text, str) for text in data.values()):
            metadata = {"name": "unnamed", **value.get("metadata", {}), "namespace": f"case-{number}"}
            yield named(stored(copy.deepcopy({**value, "metadata": metadata})))


@pytest.fixture
def gator(program: GetProgram, tmp_path: Path):
    """`gator` as a function of its arguments, in the test's folder; `Failed` where it denies something."""
    path = program("gator")
    return lambda *words: run([str(path), *words], folder=tmp_path, seconds=SECONDS)


def write(folder: Path, name: str, *values):
    """Objects in one file; JSON is YAML."""
    (folder / name).write_text("\n---\n".join(json.dumps(one) for one in values))


def test_gatekeeper_finds_what_python_finds_and_nothing_else(gator, tmp_path):
    """Every object of the cases of all rules: the same verdict, and nothing that the claims do not say."""
    cluster, policies = emitted(**ANSWERS)
    judged = list(objects())
    write(tmp_path, "input.yaml", *policies, *judged)
    results = json.loads(gator("test", "-f", "input.yaml", "-o", "json"))
    told: dict[str, set[str]] = {}
    for one in results:
        told.setdefault(one["violatingObject"]["metadata"]["namespace"], set()).add(one["msg"])
    for obj in judged:
        expected, found = said(cluster, obj), told.get(obj["metadata"]["namespace"], set())
        assert found <= expected, obj
        rules = {words.split(":")[0] for words in expected}
        assert {words.split(":")[0] for words in found} == rules, obj
    assert len(judged) > 300
    denied = {words.split(":")[0] for found in told.values() for words in found}
    assert {"SEC002", "SEC003", "SEC004", "SEC005", "JOB001", "KFP001", "MSH031"} <= denied


def test_the_answer_is_the_specs(gator, tmp_path):
    """`deny` fails gator as it denies the request; `warn` only tells."""
    write(tmp_path, "warn.yaml", *emitted(errors="warn")[1], BAD)
    assert SAID in gator("test", "-f", "warn.yaml")
    write(tmp_path, "deny.yaml", *emitted(errors="deny")[1], BAD)
    with pytest.raises(Failed) as denied:
        gator("test", "-f", "deny.yaml")
    assert denied.value.status == 1


def review(obj, old):
    """An update as the API server sends it."""
    group, _, version = obj["apiVersion"].rpartition("/")
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "1", "operation": "UPDATE", "kind": {"group": group, "version": version, "kind": obj["kind"]},
            "name": obj["metadata"]["name"], "namespace": obj["metadata"]["namespace"], "object": obj, "oldObject": old,
        },
    }  # fmt: skip


def test_a_suite_of_gatekeepers_own_passes(gator, tmp_path):
    """`gator verify`: the good passes, the bad violates, an old fault may lose its finalizer, exempt namespaces are left alone."""
    _, policies = emitted(exemptNamespaces=["lab"])
    template = next(one for one in policies if one["metadata"]["name"] == "backstaykfp001")
    constraint = next(one for one in policies if one["kind"] == "BackstayKfp001")
    held = {**BAD, "metadata": {**BAD["metadata"], "finalizers": ["example.com/held"]}}
    cases = {
        "good": ({**BAD, "data": {"providers": "s3: {}"}}, None),
        "bad": (BAD, SAID),
        "freed": (review(BAD, held), None),
        "worse": (review({**BAD, "data": {**BAD["data"], "MORE": "x"}}, BAD), "KFP001"),
        "exempt": ({**BAD, "metadata": {**BAD["metadata"], "namespace": "lab"}}, None),
    }
    for name, (value, _) in cases.items():
        write(tmp_path, f"{name}.yaml", value)
    write(tmp_path, "template.yaml", template)
    write(tmp_path, "constraint.yaml", constraint)
    asked = [
        {
            "name": name,
            "object": f"{name}.yaml",
            "assertions": [
                {"violations": "yes", "message": words.replace("`", ".")} if words else {"violations": "no"}
            ],
        }
        for name, (_, words) in cases.items()
    ]
    suite = {
        "apiVersion": "test.gatekeeper.sh/v1alpha1",
        "kind": "Suite",
        "metadata": {"name": "kfp001"},
        "tests": [
            {
                "name": "KFP001",
                "template": "template.yaml",
                "constraint": "constraint.yaml",
                "cases": asked,
            }
        ],
    }
    write(tmp_path, "suite.yaml", suite)
    told = gator("verify", "suite.yaml", "-v")
    assert told.count("--- PASS") == len(cases) + 1
    assert "FAIL" not in told

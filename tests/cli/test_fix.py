"""`--fix` and `--diff`: what is repaired, where, and what is said of the rest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.conftest import Repository

CLUSTER = """\
apiVersion: backstay.dev/v1alpha1
kind: Cluster
metadata: {{name: {name}}}
extends: [cloud]
platform: {{kubernetes: "1.36", istio: "1.30", pipelines: "2.15"}}
network:
  # what is called
  services:
    metadata: {{preset: kfp-metadata-grpc}}
  calls:
    - {{from: pipeline-steps, to: metadata, via: [edge], {key}: 1h}}  # long
"""
PROFILE = """\
apiVersion: backstay.dev/v1alpha1
kind: Profile
metadata: {name: cloud}
network:
  boxes:
    edge: {presett: aws-nlb}  # of the cloud
"""
GOOD_PROFILE = PROFILE.replace("presett", "preset")


@pytest.fixture
def fleet(repository: Repository) -> Repository:
    """Two clusters with one profile; `one` has a slip of its own."""
    repository.text("specs/clusters/one.yaml", CLUSTER.format(name="one", key="silentfor"))
    repository.text("specs/clusters/two.yaml", CLUSTER.format(name="two", key="silentFor"))
    repository.text("specs/profiles/cloud.yaml", GOOD_PROFILE)
    return repository


def text_of(repository: Repository, name: str) -> str:
    """A file of the repository."""
    return (repository.root / name).read_text(encoding="utf-8")


def test_a_slip_is_repaired_and_nothing_else_changes(fleet: Repository) -> None:
    """One word of one file; the run that repairs it ends clean."""
    ran = fleet.backstay("check", "--fix", "specs")
    assert (ran.code, ran.out) == (0, "")
    assert "1 finding repaired in 1 file" in ran.err
    assert text_of(fleet, "specs/clusters/one.yaml") == CLUSTER.format(name="one", key="silentFor")


def test_a_diff_writes_nothing(fleet: Repository) -> None:
    """It shows the line before and after, and the exit code is that of the findings."""
    ran = fleet.backstay("check", "--diff")
    assert ran.code == 1
    assert "-    - {from: pipeline-steps, to: metadata, via: [edge], silentfor: 1h}  # long\n" in ran.out
    assert "+    - {from: pipeline-steps, to: metadata, via: [edge], silentFor: 1h}  # long\n" in ran.out
    assert "silentfor" in text_of(fleet, "specs/clusters/one.yaml")


def test_a_shared_line_is_repaired_for_all_or_not_at_all(fleet: Repository) -> None:
    """In a run of all clusters; a run of one cluster says why it leaves the line."""
    fleet.text("specs/profiles/cloud.yaml", PROFILE)
    ran = fleet.backstay("check", "--fix", "specs/clusters/two.yaml")
    assert "specs/profiles/cloud.yaml is shared: run on the whole folder of specs" in ran.err
    assert text_of(fleet, "specs/profiles/cloud.yaml") == PROFILE
    assert fleet.backstay("check", "--fix").code == 0
    assert text_of(fleet, "specs/profiles/cloud.yaml") == GOOD_PROFILE


def test_a_shared_line_that_another_cluster_cannot_judge_is_left(fleet: Repository) -> None:
    """What a file that cannot be read would want is not known."""
    fleet.text("specs/profiles/cloud.yaml", PROFILE)
    fleet.text("specs/clusters/two.yaml", "extends: [\n")
    ran = fleet.backstay("check", "--fix")
    assert "a cluster cannot be read" in ran.err
    assert text_of(fleet, "specs/profiles/cloud.yaml") == PROFILE
    assert "silentFor" in text_of(fleet, "specs/clusters/one.yaml")


def test_line_ends_marks_rights_and_links_are_kept(fleet: Repository) -> None:
    """A file stays what it was but for the word."""
    text = "\ufeff" + CLUSTER.format(name="one", key="silentfor").replace("\n", "\r\n")
    real = fleet.text("elsewhere/one.yaml", text)
    real.chmod(0o640)
    link = fleet.root / "specs/clusters/one.yaml"
    link.unlink()
    (fleet.root / "specs/one.yaml").write_bytes(real.read_bytes())
    link.symlink_to("../one.yaml")
    (fleet.root / "specs/one.yaml").chmod(0o640)
    assert fleet.backstay("check", "--fix").code == 0
    assert link.is_symlink()
    assert (fleet.root / "specs/one.yaml").read_bytes() == text.replace("silentfor", "silentFor").encode()
    assert (fleet.root / "specs/one.yaml").stat().st_mode & 0o777 == 0o640


def test_sarif_carries_the_repair(fleet: Repository) -> None:
    """By line and column, as an editor applies it."""
    ran = fleet.backstay("check", "--format", "sarif")
    (fix,) = [result["fixes"][0] for result in json.loads(ran.out)["runs"][0]["results"] if "fixes" in result]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "specs/clusters/one.yaml"
    assert change["replacements"] == [{
        "deletedRegion": {"startLine": 11, "startColumn": 57, "endLine": 11, "endColumn": 66},
        "insertedContent": {"text": "silentFor"},
    }]  # fmt: skip


def test_a_stream_cannot_be_repaired(repository: Repository) -> None:
    """There is no file to write."""
    ran = repository.backstay("audit", "-", "--fix")
    assert ran.code == 2
    assert "cannot be repaired" in ran.err


LAUNCHERS = """\
# of two teams
apiVersion: v1
kind: ConfigMap
metadata: {name: kfp-launcher, namespace: team-a}
data:
  PIPELINE_ROOT: minio://mlpipeline/v2  # ours
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: kfp-launcher, namespace: team-b}
  data:
    providers: |
      minio:
        default:  # the store
          endPoint: minio.storage:9000
          disableSSL: "true"
          credentials: {fromEnv: true}
    MINIO_HOST: minio
"""


def test_manifests_are_repaired_object_by_object(repository: Repository) -> None:
    """In several documents, in lists, and inside texts that hold YAML; what is not safe waits to be asked for."""
    repository.text("apps/launchers.yaml", LAUNCHERS)
    ran = repository.backstay("audit", "apps", "--fix", "--platform", "pipelines=2.17")
    safe = LAUNCHERS.replace("PIPELINE_ROOT:", "defaultPipelineRoot:").replace(
        'disableSSL: "true"', "disableSSL: true"
    )
    assert text_of(repository, "apps/launchers.yaml") == safe
    assert "2 findings repaired in 1 file" in ran.err
    assert ran.code == 1
    repository.backstay("audit", "apps", "--fix=unsafe", "--platform", "pipelines=2.17")
    assert text_of(repository, "apps/launchers.yaml") == safe.replace("    MINIO_HOST: minio\n", "")


def test_a_misspelt_field_of_any_kind_is_repaired(repository: Repository) -> None:
    """The schemas know the field that was meant."""
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: b}\nspec:\n  ports: [{port: 80, targetport: 8080}]\n"
    repository.text("service.yaml", text)
    assert repository.backstay("audit", "service.yaml", "--fix", "--platform", "kubernetes=1.36").code == 0
    assert text_of(repository, "service.yaml") == text.replace("targetport", "targetPort")


@pytest.mark.parametrize(
    ("written", "meant"), [("5 minutes", "5m"), ("90sec", "90s"), ("2 days", "48h"), ("1 Hour", "1h")]
)
def test_a_unit_in_words_is_repaired(repository: Repository, written: str, meant: str) -> None:
    """There is one way to say it."""
    text = CLUSTER.replace("[cloud]", "[]").replace("via: [edge], ", "")
    repository.text(
        "specs/clusters/one.yaml", text.format(name="one", key="silentFor").replace("1h", written)
    )
    ran = repository.backstay("check", "--fix")
    assert "1 finding repaired in 1 file" in ran.err
    assert f"silentFor: {meant}}}  # long\n" in text_of(repository, "specs/clusters/one.yaml")


@pytest.mark.parametrize("written", ["5", '"5"', "5M", "5 parsecs", "true"])
def test_a_time_without_a_unit_is_left_to_its_author(repository: Repository, written: str) -> None:
    """Seconds are a guess."""
    text = CLUSTER.replace("[cloud]", "[]").replace("via: [edge], ", "")
    text = text.format(name="one", key="silentFor").replace("1h", written)
    repository.text("specs/clusters/one.yaml", text)
    assert repository.backstay("check", "--fix").code == 1
    assert text_of(repository, "specs/clusters/one.yaml") == text


ODD_FILES = {
    "crlf.yaml": "# ours\r\napiVersion: v1\r\nkind: ConfigMap\r\nmetadata: {name: kfp-launcher, namespace: a}\r\n"
    "data:\r\n  PIPELINE_ROOT: minio://mlpipeline/v2   # root\r\n...\r\n",
    "flow.json": '{"apiVersion": "v1", "kind": "ConfigMap",   "metadata": {"name": "kfp-launcher", "namespace": "b"},\n'
    ' "data": {"PIPELINE_ROOT": "minio://mlpipeline/v2"} }',
    "anchors.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kfp-launcher, namespace: &team c, labels: {team: *team}}\n"
    "data: # of team c\n    PIPELINE_ROOT:   &root minio://mlpipeline/v2\n\n---\n\n# a second one\nkind: ConfigMap\n"
    "apiVersion: v1\nmetadata: {name: x, namespace: c}\n",
    "lists.yaml": "kind: List\napiVersion: v1\nitems:\n-   kind: List\n    apiVersion: v1\n    items:\n    - apiVersion: v1\n"
    "      kind: ConfigMap\n      metadata:\n        name: kfp-launcher   # d's\n        namespace: 'd'\n"
    "      data: {PIPELINE_ROOT: 'minio://mlpipeline/v2'}\n    # nothing more\n",
    "overlay/kustomization.yaml": "resources: [base.yaml]\npatches: [{path: patch.yaml}]\n",
    "overlay/base.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other, namespace: e}\n",
    "bom.yaml": "\ufeff--- # first\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: kfp-launcher, namespace: f}\n"
    "data:\n  ? PIPELINE_ROOT\n  : minio://mlpipeline/v2\n",
}


def test_every_other_byte_is_kept(repository: Repository) -> None:
    """Line ends, marks, flow style, anchors, lists in lists, odd blanks: one word of each file is another one."""
    for name, text in ODD_FILES.items():
        repository.text(f"apps/{name}", text)
    ran = repository.backstay("audit", "apps", "--fix", "--platform", "pipelines=2.17")
    assert "5 findings repaired in 5 files" in ran.err
    for name, text in ODD_FILES.items():
        wanted = text.replace("PIPELINE_ROOT", "defaultPipelineRoot").encode()
        assert (repository.root / "apps" / name).read_bytes() == wanted, name
    assert "repaired" not in repository.backstay("audit", "apps", "--fix", "--platform", "pipelines=2.17").err


PATCHED = {
    "kustomization.yaml": "resources: [base.yaml]\npatches: [{path: patch.yaml}]\n",
    "base.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kfp-launcher, namespace: e}\n"
    "data: {defaultPipelineRoot: minio://mlpipeline/v2}\n",
    "patch.yaml": "# ours\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: kfp-launcher, namespace: e}\n"
    "data:\n  MINIO_HOST: minio  # dead\n  other: x\n",
}


def test_what_several_files_make_is_left(repository: Repository) -> None:
    """Whether the patch or its base should change is not for a tool to say; the reason is told."""
    for name, text in PATCHED.items():
        repository.text(f"apps/{name}", text)
    repository.backstay("audit", "apps", "--fix=unsafe", "--platform", "pipelines=2.17")
    for name, text in PATCHED.items():
        assert text_of(repository, f"apps/{name}") == text

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

"""Whatever is wrong with the input is told with its place, its reason and what to do, and nothing is written."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import pytest

from backstay.write import build

if TYPE_CHECKING:
    from cli.conftest import Ran, Repository

SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"  # noqa: S105 - nobody's: the example of the AWS documentation

WRONG = {
    "unknown key": ({"network__calls__0__silenFor": "1h"}, "SPC001", "did you mean `silentFor`", "silenFor"),
    "a number without unit": ({"network__calls__0__silentFor": 60}, "SPC004", "write `60s`", "silentFor"),
    "a unit that is none": ({"network__calls__0__silentFor": "60 sec"}, "SPC004", "write `60s`", "silentFor"),
    "gigabytes": ({"memory": {"budgets": {"a": "8GB"}}}, "SPC004", "`8Gi`", "budgets.a"),
    "a bare number of bytes": ({"memory": {"budgets": {"a": 8}}}, "SPC004", "Kubernetes quantity", "budgets.a"),
    "a version as number": ({"platform__pipelines": 2.15}, "SPC004", 'quotes: "2.15"', "pipelines"),
    "a version nobody knows": ({"platform__pipelines__version": "2.9"}, "VER001", "supported: 1.8, 2.0", "pipelines.version"),
    "a path in the store's URL": (
        {"storage__artifacts__url": "http://minio.store:9000/bucket"}, "SPC004", "`prefix:`", "artifacts.url",
    ),
    "no scheme in the store's URL": ({"storage__artifacts__url": "minio.store:9000"}, "SPC004", "scheme", "artifacts.url"),
    "credentials in the store's URL": (
        {"storage__artifacts__url": f"http://me:{SECRET}@minio.store:9000"}, "SEC001", "name", "artifacts.url",
    ),
    "a secret where a key's name belongs": (
        {"storage__artifacts__credentials__secretKey": SECRET}, "SEC001", "Secret", "secretKey",
    ),
    "an access key id anywhere": ({"metadata__owner": "AKIAIOSFODNN7EXAMPLE"}, "SEC001", "take it out", "owner"),
    "a service nobody declares": ({"network__calls__0__to": "metdata"}, "SPC006", "did you mean `metadata`", "to"),
    "a box nobody declares": ({"network__calls__0__via": ["fx"]}, "SPC006", "known: fw", "via[0]"),
    "a preset nobody knows": ({"network__boxes__fw": {"preset": "aws-nbl"}}, "VER002", "aws-nlb", "preset"),
    "an idle time that cannot be set": (
        {"network__boxes__fw": {"preset": "aws-nat", "idle": "10m"}}, "SPC004", "possible there: 350s", "idle",
    ),
    "a word that is none of the choices": (
        {"platform__istio__dataPlane": "sidecars"}, "SPC005", "did you mean `sidecar`", "dataPlane",
    ),
    "a missing key": ({"platform__kubernetes": None}, "SPC002", "add `kubernetes:`", "platform"),
    "a list where a map belongs": ({"network__boxes": []}, "SPC003", "backstay schema", "boxes"),
    "a load balancer that only data refreshes": (
        {"network__boxes__fw": {"preset": "aws-alb"}}, "MSH026", "heartbeat", "silentFor",
    ),
    "silence on a protocol without pings": (
        {"network__services__metadata": {"host": "db.prod.svc.cluster.local", "port": 3306, "protocol": "mysql"}},
        "MSH002", "", "silentFor",
    ),
    "a store that this release cannot be told of": (
        {"platform__pipelines__version": "2.1", "platform__workflows": "3.4"}, "KFP009", "", "storage",
    ),
    "retries without a bound that exists": (
        {"platform__workflows": "3.5",
         "retries": {"pipelineSteps": {"attempts": 9, "backoff": {"initial": "1m", "factor": 2, "max": "5m"}}}},
        "VER003", "3.7", "backoff.max",
    ),
    "a factor that Argo cannot read": (
        {"retries": {"pipelineSteps": {"attempts": 3, "backoff": {"factor": 1.5}}}}, "KFP028", "", "factor",
    ),
    "a reserved name": ({"metadata__name": "fleet"}, "SPC004", "another name", "name"),
}  # fmt: skip


@pytest.mark.parametrize("fault", WRONG)
def test_a_fault_is_told_and_nothing_is_written(fault: str, repository: Repository) -> None:
    """Rule, help and place are right; compile writes nothing; no secret is repeated anywhere."""
    changes, rule, help_, path = WRONG[fault]
    repository.spec(**changes)
    checked = repository.backstay("check", "--format", "json")
    assert checked.code in {1, 2}
    (found,) = [f for f in checked.findings if f["rule"] == rule] or [None]
    assert found, [(f["rule"], f["message"]) for f in checked.findings]
    assert help_ in found["help"] + found["message"]
    assert found["place"]["file"] == "specs/clusters/one.yaml"
    assert found["place"]["line"] > 0
    assert found["place"]["column"] > 0
    assert path in found["place"]["path"]
    compiled = repository.backstay("compile")
    assert compiled.code in {1, 2}
    assert not (repository.root / "overlays").exists()
    printed = repository.backstay("check")
    for text in (checked.out, compiled.out, compiled.err, printed.out, printed.err):
        assert SECRET not in text
        assert "AKIAIOSFODNN7EXAMPLE" not in text


def _rules(ran: Ran) -> list[str]:
    return sorted(f["rule"] for f in ran.findings)


def test_all_faults_of_all_files_come_in_one_run(repository: Repository) -> None:
    """Two clusters, two faults in one of them, and a file that is no YAML."""
    repository.spec("one", network__calls__0__silentFor=60, platform__kubernetes="1.2")
    repository.spec("two", network__calls__0__to="nobody")
    repository.text("specs/clusters/three.yaml", "a: [1\nb: 2\n")
    ran = repository.backstay("check", "--format", "json")
    assert ran.code == 2
    assert {f["place"]["file"] for f in ran.findings} == {
        f"specs/clusters/{n}.yaml" for n in ("one", "two", "three")
    }
    assert len([f for f in ran.findings if f["place"]["file"].endswith("one.yaml")]) == 1
    assert all(f["place"]["line"] for f in ran.findings)


def test_one_bad_cluster_keeps_all_from_being_written(repository: Repository) -> None:
    """The good one is not written either: what agrees has to agree as a whole."""
    repository.spec("one")
    repository.spec("two", network__calls__0__to="nobody")
    assert repository.backstay("compile").code == 1
    assert not (repository.root / "overlays").exists()


def test_two_clusters_of_one_name_name_each_other(repository: Repository) -> None:
    """The second is refused at its name, the first is related."""
    repository.spec("one")
    repository.spec("two", metadata__name="one")
    ran = repository.backstay("check", "--format", "json")
    (found,) = [f for f in ran.findings if "one" in f["message"] and f["rule"].startswith("LOD")]
    assert ran.code in {1, 2}
    assert {found["place"]["file"], *(r["place"]["file"] for r in found["related"])} == {
        "specs/clusters/one.yaml", "specs/clusters/two.yaml",
    }  # fmt: skip


def test_profiles_in_a_circle_and_profiles_that_are_not_there(repository: Repository) -> None:
    """The circle is printed, the missing name gets its nearest."""
    repository.profile("a", {"extends": ["b"]})
    repository.profile("b", {"extends": ["a"]})
    repository.spec(extends=["a"])
    circle = repository.backstay("check", "--format", "json")
    assert circle.code == 2
    assert any("`a` -> `b` -> `a`" in f["message"] for f in circle.findings)
    repository.profile("b", {})
    repository.spec(extends=["aa"])
    missing = repository.backstay("check", "--format", "json")
    assert missing.code == 2
    assert any("did you mean `a`" in f["help"] for f in missing.findings)


BROKEN = {
    "empty": b"",
    "not UTF-8": b"metadata: {name: \xff\xfe}\n",
    "a tab": b"metadata:\n\tname: one\n",
    "a key twice": b"kind: Cluster\nkind: Cluster\n",
    "two documents": b"kind: Cluster\n---\nkind: Cluster\n",
    "a list": b"- kind: Cluster\n",
    "a bomb": b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
        b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(9)
    ),
    "deep": b"a: " + b"[" * 5000 + b"]" * 5000,
    "control characters": b"metadata: {name: \x07}\n",
}  # fmt: skip


@pytest.mark.parametrize("text", BROKEN)
def test_a_file_that_cannot_be_read_is_refused_at_its_line(text: str, repository: Repository) -> None:
    """Exit 2, a finding of the loader's at file, line and column; nothing written."""
    repository.text("specs/clusters/one.yaml", BROKEN[text])
    ran = repository.backstay("check", "--format", "json")
    assert ran.code == 2
    assert ran.findings
    for found in ran.findings:
        assert found["rule"].startswith("LOD")
        assert found["place"]["file"] == "specs/clusters/one.yaml"
        assert found["help"]
    assert repository.backstay("compile").code == 2
    assert not (repository.root / "overlays").exists()


def test_no_specs_at_all(repository: Repository) -> None:
    """An empty run that succeeds would hide a wrong path."""
    for arguments in (["check"], ["compile"], ["check", "nowhere"], ["compile", "nowhere"]):
        assert repository.backstay(*arguments).code == 2


def test_a_bad_call(repository: Repository) -> None:
    """Exit 2 and words, for options and commands that do not exist."""
    for arguments in (["compile", "--ouput", "x"], ["complie"], ["compile", "--jobs", "-1"]):
        ran = repository.backstay(*arguments)
        assert ran.code == 2
        assert ran.err


def test_a_cluster_that_no_spec_describes(repository: Repository) -> None:
    """`--cluster` with an unknown name is a bad call, not an empty success."""
    repository.spec()
    ran = repository.backstay("compile", "--cluster", "two")
    assert ran.code == 2
    assert "two" in ran.err


def test_an_output_folder_that_is_a_file(repository: Repository) -> None:
    """It is named, and stays as it is."""
    repository.spec()
    repository.text("overlays", "mine")
    ran = repository.backstay("compile")
    assert ran.code in {1, 2}
    assert "overlays" in ran.err
    assert (repository.root / "overlays").read_text() == "mine"


def test_a_full_disk_leaves_the_old_tree(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """No space in the middle of a compile: the finding says so and nothing changed."""
    repository.spec()
    assert repository.backstay("compile").code == 0
    before = repository.tree()
    repository.spec(network__calls__0__detectDeadPeerIn="2m", storage__artifacts__bucket="other")
    write, count = os.write, iter(range(10**6))

    def full(descriptor: int, data: Any) -> int:
        if next(count) > 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data)

    monkeypatch.setattr(build.os, "write", full)
    ran = repository.backstay("compile")
    monkeypatch.undo()
    os.chdir(repository.root)
    assert ran.code in {1, 2}
    assert "space" in ran.err
    assert repository.tree() == before
    assert not list(repository.root.glob("overlays/.backstay*"))


def test_a_folder_that_may_not_be_written(repository: Repository) -> None:
    """A read-only output folder is refused with its name (root may write anywhere: then it simply works)."""
    repository.spec()
    (repository.root / "overlays").mkdir()
    (repository.root / "overlays").chmod(0o500)
    ran = repository.backstay("compile")
    (repository.root / "overlays").chmod(0o700)
    assert ran.code in ({0} if os.geteuid() == 0 else {1, 2})
    assert ran.code == 0 or "overlays" in ran.err

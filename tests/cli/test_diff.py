"""`backstay diff`: what it compares, what it prints, and what its exit code means."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from backstay.text.yaml import parse

if TYPE_CHECKING:
    from cli.conftest import Ran, Repository

LAUNCHER = "overlays/one/component/patches/configmap-kfp-launcher-kubeflow.yaml"
FILTER = "overlays/one/component/mesh/envoyfilter-keepalive-inbound-metadata-kubeflow.yaml"
STORE = "minio.store.svc.cluster.local:9000"


@pytest.fixture
def compiled(repository: Repository) -> Repository:
    """A repository with one cluster and its overlay."""
    repository.spec()
    assert repository.backstay("compile").code == 0
    return repository


def edit(repository: Repository, name: str, old: str, new: str) -> None:
    """Replace a text in a file, where it is once."""
    path = repository.root / name
    text = path.read_text()
    assert text.count(old) == 1, text
    path.write_text(text.replace(old, new))


def found(ran: Ran) -> list[dict[str, Any]]:
    """The changes of `--format json`."""
    return json.loads(ran.out)["changes"]


def git(repository: Repository, *arguments: str) -> None:
    """Run git in the repository."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=repository.root, check=True, capture_output=True)


def snapshot(repository: Repository) -> list[dict[str, Any]]:
    """The objects and patches of the overlay as if a cluster held them."""
    files = sorted((repository.root / "overlays/one/component").glob("*/*.yaml"))
    return [value for path in files if isinstance(value := parse(path.read_text()), dict)]


def test_an_overlay_is_what_its_spec_compiles_to(compiled: Repository):
    """Nothing on stdout, exit 0."""
    ran = compiled.backstay("diff", "--against", "overlays")
    assert (ran.code, ran.out) == (0, "")
    assert "no drift in " in ran.err


def test_an_edited_overlay_is_told_by_field_and_spec_line(compiled: Repository):
    """By path inside the text that somebody edited."""
    edit(compiled, LAUNCHER, f"endpoint: {STORE}", "endpoint: elsewhere:80")
    ran = compiled.backstay("diff", "--against", "overlays")
    line = next(
        n
        for n, text in enumerate((compiled.root / "specs/clusters/one.yaml").read_text().splitlines(), 1)
        if '"url"' in text
    )
    assert ran.code == 1
    assert (
        ran.out
        == f"""\
one: ConfigMap kubeflow/kfp-launcher
  changed: data.providers (minio.default.endpoint)
      - "elsewhere:80"
      + "{STORE}"
    --> specs/clusters/one.yaml:{line}:11 (storage.artifacts.url)
"""
    )


def test_a_changed_spec_is_told_before_it_is_compiled(compiled: Repository):
    """And that listeners will drain is announced, in every format."""
    compiled.spec(network__calls__0__detectDeadPeerIn="90s")
    ran = compiled.backstay("diff", "--against", "overlays", "--format", "json")
    assert ran.code == 1
    assert {change["object"]["kind"] for change in found(ran)} == {"EnvoyFilter"}
    (announced,) = json.loads(ran.out)["diagnostics"]
    assert (announced["rule"], announced["severity"]) == ("MSH035", "warning")
    assert announced["place"]["file"] == "specs/clusters/one.yaml"
    assert "warning[MSH035]" in compiled.backstay("diff", "--against", "overlays").out
    assert "\n- MSH035: " in compiled.backstay("diff", "--against", "overlays", "--format", "markdown").out


def test_a_drain_without_a_spec_line_is_announced_by_its_old_file(compiled: Repository):
    """A filter that is no longer planned has no line of the spec."""
    compiled.spec(network=None)
    ran = compiled.backstay("diff", "--against", "overlays", "--format", "json")
    (announced,) = json.loads(ran.out)["diagnostics"]
    assert announced["message"].startswith("removing these patches drains")
    assert announced["place"]["file"] == FILTER


def test_clusters_and_fleet_files_come_and_go(compiled: Repository):
    """Of the whole fleet, or of the clusters named alone."""
    compiled.spec("two", gitops__path="overlays/two")
    new = {
        change["cluster"]
        for change in found(compiled.backstay("diff", "--against", "overlays", "--format", "json"))
    }
    assert new == {"two"}
    assert compiled.backstay("compile").code == 0
    (compiled.root / "specs/clusters/one.yaml").unlink()
    gone = found(compiled.backstay("diff", "--against", "overlays", "--format", "json"))
    assert {(change["cluster"], change["kind"]) for change in gone} == {
        ("one", "extra-object"),
        ("fleet", "extra-object"),
    }
    only = compiled.backstay("diff", "--against", "overlays", "--cluster", "two")
    assert (only.code, only.out) == (0, "")
    one_file = compiled.backstay("diff", "specs/clusters/two.yaml", "--against", "overlays")
    assert (one_file.code, one_file.out) == (0, "")


def test_an_older_revision_is_read_from_git(compiled: Repository):
    """By any name git knows; a folder of that name goes first."""
    git(compiled, "init", "-q", "-b", "trunk")
    git(compiled, "add", ".")
    git(compiled, "commit", "-qm", "one")
    (compiled.root / LAUNCHER).unlink()
    for name in ("HEAD", "trunk"):
        assert compiled.backstay("diff", "--against", name).code == 0
    assert compiled.backstay("diff", "--against", "overlays").code == 1
    compiled.spec(storage__artifacts__bucket="other")
    changed = found(compiled.backstay("diff", "--against", "trunk", "--format", "json"))
    assert {change["place"]["path"] for change in changed} == {"storage.artifacts.bucket"}
    (compiled.root / "trunk").mkdir()
    ran = compiled.backstay("diff", "--against", "trunk", "--format", "json")
    assert {change["kind"] for change in found(ran)} == {"missing-object"}
    assert "trunk holds no overlay of these clusters: all of them are new" in ran.err


def test_files_that_hold_no_objects_are_passed_over(compiled: Repository):
    """What people keep beside the overlays is nobody's drift; a link is not followed."""
    compiled.text("overlays/README.md", "# mine")
    compiled.text("overlays/one/notes.txt", "{")
    (compiled.root / "overlays/one/link.yaml").symlink_to(compiled.root / "specs/clusters/one.yaml")
    compiled.text("overlays/.hidden/a.yaml", "a: [")
    compiled.text("overlays/drafts/a.yaml", "a: 1")
    assert compiled.backstay("diff", "--against", "overlays").code == 0


def test_an_old_file_that_cannot_be_read_is_a_bad_call(compiled: Repository):
    """With its place."""
    compiled.text("overlays/one/component/mesh/odd.yaml", "a: 1\na: 2\n")
    ran = compiled.backstay("diff", "--against", "overlays")
    assert ran.code == 2
    assert "overlays/one/component/mesh/odd.yaml:2:1" in ran.err


def test_a_snapshot_of_what_was_applied_has_no_drift(compiled: Repository):
    """As a list, as documents, as JSON; from a file or from stdin."""
    objects = snapshot(compiled)
    listed = {"apiVersion": "v1", "kind": "List", "items": objects}
    compiled.text("list.json", json.dumps(listed, indent=4))
    compiled.text("documents.yaml", "".join(f"---\n{json.dumps(value)}\n" for value in objects))
    for name in ("list.json", "documents.yaml"):
        ran = compiled.backstay("diff", "--snapshot", name)
        assert (ran.code, ran.out) == (0, "")
    assert f"no drift in {len(objects)} objects" in ran.err


def test_a_snapshot_comes_from_stdin_too(compiled: Repository, monkeypatch: pytest.MonkeyPatch):
    """`kubectl get -o yaml ... | backstay diff --snapshot -`."""
    path = compiled.text("a.json", json.dumps({"kind": "List", "items": snapshot(compiled)[1:]}))
    with path.open() as file:
        monkeypatch.setattr("sys.stdin", file)
        ran = compiled.backstay("diff", "--snapshot", "-", "--format", "json")
    assert ran.code == 1
    assert [change["kind"] for change in found(ran)] == ["missing-object"]


def test_a_snapshot_beyond_all_bounds_is_refused(compiled: Repository, monkeypatch: pytest.MonkeyPatch):
    """From stdin as from a file."""
    path = compiled.text("a.json", "[]" * 100)
    monkeypatch.setattr("backstay.cli.comparing.MAX_BYTES", 100)
    with path.open() as file:
        monkeypatch.setattr("sys.stdin", file)
        ran = compiled.backstay("diff", "--snapshot", "-")
    assert ran.code == 2
    assert "more than 100 bytes" in ran.err


def test_a_live_edit_is_found_in_a_snapshot(compiled: Repository):
    """With the manager, when the snapshot shows managed fields."""
    objects = snapshot(compiled)
    launcher = next(value for value in objects if value["metadata"]["name"] == "kfp-launcher")
    launcher["data"]["defaultPipelineRoot"] = "minio://other"
    launcher["metadata"]["managedFields"] = [
        {"manager": "kubectl-edit", "operation": "Update", "time": "2026-10-01T00:00:00Z",
         "fieldsV1": {"f:data": {"f:defaultPipelineRoot": {}}}},
    ]  # fmt: skip
    compiled.text("a.json", json.dumps({"kind": "List", "items": objects}))
    (change,) = found(compiled.backstay("diff", "--snapshot", "a.json", "--format", "json"))
    assert (change["field"], change["actual"]) == ("data.defaultPipelineRoot", "minio://other")
    assert change["setBy"]["manager"] == "kubectl-edit"
    table = compiled.backstay("diff", "--snapshot", "a.json", "--format", "markdown").out
    assert "| `data.defaultPipelineRoot` |" in table


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "nothing to compare with"),
        (["--live", "--against", "x"], "--against and --live do not go together"),
        (["--snapshot", "x", "--against", "y", "--live"], "do not go together"),
        (["--snapshot", "x", "--context", "c"], "--context goes with --live"),
        (["--against", "no-such-thing"], "neither a folder nor a git revision"),
        (["--snapshot", "no-such-file"], "no-such-file"),
        (["--against", "overlays", "--cluster", "nobody"], "no spec has the name `nobody`"),
        (["no-specs", "--against", "overlays"], "no-specs"),
    ],
)
def test_a_bad_call_is_told_apart(arguments: list[str], words: str, compiled: Repository):
    """Exit 2, with what is wrong."""
    ran = compiled.backstay("diff", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


@pytest.mark.parametrize("way", [["--snapshot", "a.json"], ["--live"]])
def test_one_cluster_has_one_snapshot(way: list[str], compiled: Repository):
    """With several, one has to be named."""
    compiled.spec("two", gitops__path="overlays/two")
    compiled.text("a.json", json.dumps({"kind": "List", "items": snapshot(compiled)}))
    ran = compiled.backstay("diff", *way)
    assert ran.code == 2
    assert "name it with --cluster" in ran.err


def test_specs_that_do_not_compile_are_not_compared(compiled: Repository):
    """Their findings instead, exit 2; not as drift, which they might hide."""
    compiled.spec("two", network__calls__0__to="nobody")
    for arguments in (
        ["--against", "overlays"],
        ["--snapshot", "overlays/one/kustomization.yaml", "--cluster", "two"],
    ):
        ran = compiled.backstay("diff", *arguments)
        assert (ran.code, ran.out) == (2, "")
        assert "SPC006" in ran.err
        assert "the specs have to compile first" in ran.err


def test_live_without_a_kubeconfig_is_no_verdict(compiled: Repository, monkeypatch: pytest.MonkeyPatch):
    """Exit 3 with the way out; an unknown context is a bad call."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("HOME", str(compiled.root))
    ran = compiled.backstay("diff", "--live")
    assert (ran.code, ran.out) == (3, "")
    assert "cannot tell: there is no kubeconfig\nhelp: set KUBECONFIG" in ran.err
    assert compiled.backstay("diff", "--live", "--context", "nope").code == 2

"""What `backstay compile` does to the output folder, and what `--check` says of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from backstay.render.file import is_script
from backstay.render.header import Standing, standing
from backstay.text.yaml import parse
from support.repository import CLUSTERS, REPO

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Repository

ENVOY = "one/component/mesh/envoyfilter-keepalive-inbound-metadata-kubeflow.yaml"


def test_a_second_compile_touches_nothing(repository: Repository) -> None:
    """Neither content nor modification times."""
    repository.spec()
    assert repository.backstay("compile").code == 0
    before = {p: p.stat().st_mtime_ns for p in (repository.root / "overlays").rglob("*")}
    second = repository.backstay("compile")
    assert "0 files written" in second.err
    assert {p: p.stat().st_mtime_ns for p in (repository.root / "overlays").rglob("*")} == before
    assert repository.backstay("compile", "--check").code == 0


def test_check_shows_what_would_change_and_changes_nothing(repository: Repository) -> None:
    """Exit 1 and a unified diff of just the files that depend on the change."""
    repository.spec()
    repository.backstay("compile")
    before = repository.tree()
    repository.spec(network__calls__0__detectDeadPeerIn="30s")
    ran = repository.backstay("compile", "--check")
    assert ran.code == 1
    assert f"+++ b/overlays/{ENVOY}" in ran.out
    assert "+                interval: 15s" in ran.out
    assert "+++ b/overlays/one/bundle/kfp-launcher.yaml" not in ran.out
    assert repository.tree() == before


def test_output_that_was_edited_by_hand_is_not_overwritten_unless_told(repository: Repository) -> None:
    """The file is named; --force takes it back."""
    repository.spec()
    repository.backstay("compile")
    path = repository.root / "overlays" / ENVOY
    edited = (
        path.read_text().replace("interval: 90s", "interval: 91s").replace("interval: 120s", "interval: 91s")
    )
    assert edited != path.read_text()
    path.write_text(edited)
    assert standing(path.read_bytes()) is Standing.EDITED
    refused = repository.backstay("compile")
    assert refused.code == 1
    assert ENVOY in refused.err
    assert path.read_text() == edited
    assert repository.backstay("compile", "--check").code == 1
    assert repository.backstay("compile", "--force").code == 0
    assert standing(path.read_bytes()) is Standing.INTACT


def test_files_of_others_stay(repository: Repository) -> None:
    """In a cluster's folder and beside it."""
    repository.spec()
    repository.backstay("compile")
    repository.text("overlays/one/NOTES.md", "mine")
    repository.text("overlays/elsewhere/x.yaml", "a: 1")
    repository.spec(network__calls__0__silentFor="10m")
    repository.spec(storage__artifacts__bucket="other")
    assert repository.backstay("compile").code == 0
    assert repository.tree()["one/NOTES.md"] == b"mine"
    assert repository.tree()["elsewhere/x.yaml"] == b"a: 1"


def test_an_object_and_a_cluster_that_are_gone_lose_their_files(repository: Repository) -> None:
    """A call that is no longer there takes its filter along; a cluster its folder and its fleet object."""
    repository.spec("one")
    repository.spec("two")
    repository.backstay("compile")
    assert ENVOY in repository.tree()
    repository.spec("one", network__calls=[])
    (repository.root / "specs/clusters/two.yaml").unlink()
    assert repository.backstay("compile", "--check").code == 1
    assert repository.backstay("compile").code == 0
    tree = repository.tree()
    assert ENVOY not in tree
    assert not [name for name in tree if name.startswith("two/")]
    assert "fleet/application-two.yaml" not in tree
    assert parse(tree["fleet/kustomization.yaml"].decode())["resources"] == ["application-one.yaml"]


def test_one_cluster_alone(repository: Repository) -> None:
    """--cluster writes that one and leaves the others and the fleet as they are."""
    repository.spec("one")
    repository.spec("two")
    repository.backstay("compile")
    before = repository.tree()
    for name in ("one", "two"):
        repository.spec(name, storage__artifacts__bucket="other")
    assert repository.backstay("compile", "--cluster", "two").code == 0
    changed = {name for name, data in repository.tree().items() if before[name] != data}
    assert changed
    assert all(name.startswith("two/") for name in changed)


def test_several_processes_write_the_same_bytes(repository: Repository) -> None:
    """And report the same findings."""
    for number in range(9):
        repository.spec(f"c{number}", storage__artifacts__bucket=f"bucket-{number}")
    assert repository.backstay("compile", "--out", "a").code == 0
    assert repository.backstay("compile", "--out", "b", "--jobs", "2").code == 0
    assert repository.tree("a") == repository.tree("b")
    repository.spec("c3", network__calls__0__to="nobody")
    assert repository.backstay("compile", "--out", "b", "--jobs", "2").code == 1
    assert repository.tree("a") == repository.tree("b")


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_the_example_fleet_is_the_same_bytes_under_any_hash_seed_and_locale(
    seed: str, tmp_path: Path
) -> None:
    """Same input, same bytes: what is committed is what comes out, wherever and however it runs."""
    environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C", "TZ": "Asia/Tokyo", "COLUMNS": "40"}
    command = [sys.executable, "-m", "backstay", "compile", "specs", "--out", str(tmp_path / "out")]
    subprocess.run(command, cwd=REPO, env=environment, check=True, capture_output=True, timeout=60)
    committed = {
        p.relative_to(REPO / "overlays"): p.read_bytes()
        for p in (REPO / "overlays").rglob("*")
        if p.is_file()
    }
    written = {
        p.relative_to(tmp_path / "out"): p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()
    }
    assert committed == written


def test_every_file_says_what_it_was_made_from(repository: Repository) -> None:
    """The header names the spec and its profiles, and its hash is that of the content."""
    repository.profile("base", {"platform": {"jobset": "0.12"}})
    repository.spec(extends=["base"])
    repository.backstay("compile")
    for name, data in repository.tree().items():
        assert standing(data) is Standing.INTACT, name
        if not name.startswith("fleet/kustomization"):
            assert b"specs/clusters/one.yaml" in data
            assert b"specs/profiles/base.yaml" in data
        assert str(repository.root).encode() not in data


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_every_leaf_has_an_origin(cluster: str) -> None:
    """provenance.json knows each output file, and names the file that wrote each spec leaf."""
    found = json.loads((REPO / f"overlays/{cluster}/provenance.json").read_text())
    files = {
        p.relative_to(REPO / f"overlays/{cluster}").as_posix()
        for p in (REPO / f"overlays/{cluster}").rglob("*.yaml")
    }
    assert files <= found["files"].keys()
    for file, entry in found["files"].items():
        text = (REPO / f"overlays/{cluster}" / file).read_text()
        value = text if is_script(file) else parse(text)
        assert entry["default"] in found["origins"]
        for route, keys in entry["leaves"].items():
            assert keys, (file, route)
            assert set(keys) <= found["origins"].keys()
        assert value is not None
    specs = [origin for key, origin in found["origins"].items() if key.startswith("spec:")]
    assert specs
    assert all((REPO / origin["file"]).is_file() for origin in specs)


def test_findings_in_every_format_are_about_the_same(repository: Repository) -> None:
    """Text for people, JSON and GitHub annotations for machines."""
    repository.spec(network__calls__0__to="nobody")
    text = repository.backstay("check").out
    (found,) = repository.backstay("check", "--format", "json").findings
    github = repository.backstay("check", "--format", "github").out
    assert f"--> {found['place']['file']}:{found['place']['line']}:{found['place']['column']}" in text
    assert github.startswith(f"::error file={found['place']['file']},line={found['place']['line']}")
    assert set(found) == {
        "rule", "name", "severity", "message", "help", "place", "related", "object", "field", "fix", "waived",
        "policy",
    }  # fmt: skip
    assert set(found["place"]) == {"file", "line", "column", "path"}


def test_a_profile_is_judged_through_its_clusters(repository: Repository) -> None:
    """A fault in a profile is told once, at the profile's line, however many clusters extend it."""
    repository.profile("net", {"network": {"calls": [{"from": "a", "to": "nobody"}]}})
    for name in ("one", "two"):
        repository.spec(
            name, extends=["net"], network={"services": {"metadata": {"preset": "kfp-metadata-grpc"}}}
        )
    ran = repository.backstay("check", "specs/profiles/net.yaml", "--format", "json")
    assert ran.code == 1
    (found,) = ran.findings
    assert found["place"]["file"] == "specs/profiles/net.yaml"


def test_the_schema_that_editors_read_is_current(repository: Repository) -> None:
    """The committed file is what the models say; --check tells a stale one."""
    assert repository.backstay("schema", "--out", str(REPO / "specs/schema.json"), "--check").code == 0
    stale = repository.text("schema.json", "{}")
    assert repository.backstay("schema", "--out", str(stale), "--check").code == 1
    assert repository.backstay("schema", "--out", str(stale)).code == 0
    assert stale.read_text() == (REPO / "specs/schema.json").read_text()


@pytest.mark.parametrize("call", [("specs/clusters/two.yaml",), ("--cluster", "two")])
def test_a_part_of_the_fleet_leaves_the_rest_alone(call: tuple[str, ...], repository: Repository) -> None:
    """What belongs to the clusters that were not asked for is not left over, and the fleet folder is theirs too."""
    repository.spec("one")
    repository.spec("two")
    repository.backstay("compile")
    before = repository.tree()
    assert repository.backstay("compile", "--check", *call).code == 0
    assert repository.backstay("compile", *call).code == 0
    assert repository.tree() == before


def test_no_way_through_this_machine_lands_in_the_output(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Specs elsewhere compile to the same bytes as specs here, by an absolute path and by a relative one."""
    repository.profile("base", {"platform": {"jobset": "0.12"}})
    repository.spec(extends=["base"])
    repository.backstay("compile")
    here = repository.tree()
    elsewhere = repository.root / "elsewhere/deeper"
    elsewhere.mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    for specs in (
        str(repository.root / "specs"),
        "../../specs",
        str(repository.root / "specs/clusters/one.yaml"),
    ):
        assert repository.backstay("compile", specs).code == 0
        assert repository.tree("elsewhere/deeper/overlays") == here, specs
    found = repository.backstay("check", "../../specs/clusters/nobody.yaml", "--format", "json").findings
    assert found[0]["place"]["file"] == "../../specs/clusters/nobody.yaml"


def test_a_folder_of_clusters_inside_the_output_folder_is_not_left_over(repository: Repository) -> None:
    """Output for the current folder does not take another output folder in it for a cluster that is gone."""
    repository.spec()
    repository.backstay("compile")
    before = repository.tree()
    assert repository.backstay("compile", "--out", ".").code == 0
    assert repository.tree() == before
    assert repository.backstay("compile", "--out", "").code == 2


def test_line_endings_and_byte_order_marks_change_nothing(repository: Repository) -> None:
    """A spec from another editor compiles to the same bytes."""
    spec = repository.spec()
    repository.backstay("compile")
    before = repository.tree()
    text = spec.read_bytes()
    for other in (text.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + text):
        spec.write_bytes(other)
        assert repository.backstay("compile").code == 0
        assert repository.tree() == before

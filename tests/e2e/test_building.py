"""The machinery around the real components: built once, missing with a reason, gone when the test is."""

from __future__ import annotations

import os
import signal
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from e2e.support import toolbox
from e2e.support.errors import Failed, Unavailable
from e2e.support.golang import find_go
from e2e.support.missing import skip_or_fail
from e2e.support.process import run, serving, until

pytestmark = pytest.mark.e2e
HELLO = 'package main\n\nimport "os"\n\nfunc main() { os.Stdout.WriteString("hello") }\n'


@pytest.fixture
def hello(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The source of a program `hello`, the one program of a toolbox with a cache of its own."""
    with skip_or_fail():
        compiled = find_go().run("env", "GOCACHE", folder=tmp_path, seconds=30).strip()
    monkeypatch.setenv("GOCACHE", compiled)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(toolbox, "TOOLBOX", tmp_path)
    monkeypatch.setattr(
        toolbox, "PROGRAMS", {"hello": toolbox.Program("hello", "hello", "backstay.dev/hello")}
    )
    source = tmp_path / "hello" / "main.go"
    source.parent.mkdir()
    (source.parent / "go.mod").write_text("module backstay.dev/hello\n\ngo 1.26.0\n")
    source.write_text(HELLO)
    return source


def alive(pid: int) -> bool:
    """Tell whether the process `pid` runs (a zombie does not)."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_program_is_built_once(hello: Path):
    """The second request finds the first one's result and says nothing."""
    said: list[str] = []
    program = toolbox.build("hello", said.append)
    assert run([str(program)], folder=hello.parent, seconds=10) == "hello"
    assert any("building hello" in line for line in said)
    said.clear()
    assert toolbox.build("hello", said.append) == program
    assert said == []


def test_a_changed_source_is_another_program(hello: Path):
    """A program is never older than its sources."""
    first = toolbox.build("hello")
    hello.write_text(HELLO.replace("hello", "changed"))
    second = toolbox.build("hello")
    assert [run([str(each)], folder=hello.parent, seconds=10) for each in (first, second)] == [
        "hello",
        "changed",
    ]


@pytest.mark.parametrize(("fault", "words"), [("os.Stdoot", r"undefined: os\.Stdoot"), ("os.", "expected")])
def test_a_source_that_does_not_compile_is_a_failure(hello: Path, fault: str, words: str):
    """A fault of ours must not turn into a skip, and leaves nothing that a later request would take."""
    hello.write_text(HELLO.replace("os.Stdout", fault))
    with pytest.raises(Failed, match=words):
        toolbox.build("hello")
    assert list((hello.parents[1] / "cache").rglob("hello*/*/*")) == []


def test_a_module_that_cannot_be_fetched_is_missing_with_the_reason(
    hello: Path, monkeypatch: pytest.MonkeyPatch
):
    """What only a network can give is told apart from what does not compile."""
    monkeypatch.setenv("GOPROXY", "off")
    monkeypatch.setenv("GOMODCACHE", str(hello.parent / "modules"))
    hello.with_name("go.mod").write_text(
        "module backstay.dev/hello\n\ngo 1.26.0\n\nrequire example.org/a v1.0.0\n"
    )
    digest = b64encode(bytes(32)).decode()
    hello.with_name("go.sum").write_text(
        f"example.org/a v1.0.0 h1:{digest}\nexample.org/a v1.0.0/go.mod h1:{digest}\n"
    )
    hello.write_text(HELLO.replace('"os"', '(\n\t"os"\n\n\t_ "example.org/a"\n)'))
    with pytest.raises(Unavailable, match=r"cannot be had: .*module lookup disabled by GOPROXY=off"):
        toolbox.build("hello")


@pytest.mark.parametrize(
    ("variable", "value", "outcome"),
    [
        ("CI", "true", pytest.fail.Exception),
        ("BACKSTAY_NO_SKIP", "1", pytest.fail.Exception),
        ("CI", "", pytest.skip.Exception),
    ],
)
def test_a_missing_component_skips_but_never_in_ci(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, outcome: type[BaseException]
):
    """The reason is told either way."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("BACKSTAY_NO_SKIP", raising=False)
    monkeypatch.setenv(variable, value)
    with pytest.raises(outcome, match="no such thing"), skip_or_fail():
        raise Unavailable("no such thing")


def test_a_time_limit_ends_a_command_and_what_it_started(tmp_path: Path):
    """A build that hangs leaves no compiler behind."""
    with pytest.raises(Unavailable, match="did not end within 1 s"):
        run(["sh", "-c", "sleep 60 & echo $! > pid; wait"], folder=tmp_path, seconds=1)
    pid = int((tmp_path / "pid").read_text())
    until(lambda: not alive(pid), seconds=10, what="the end of the grandchild")


def test_a_failing_command_speaks_for_itself(tmp_path: Path):
    """The status and the stderr of a command reach the test."""
    with pytest.raises(Failed, match=r"^no$") as failure:
        run(["sh", "-c", "echo no >&2; exit 3"], folder=tmp_path, seconds=10)
    assert failure.value.status == 3


def test_a_server_ends_with_its_block(tmp_path: Path):
    """Its output is kept, the process is not."""
    log = tmp_path / "log"
    with serving(["sh", "-c", "echo up; exec sleep 60"], log) as process:
        until(lambda: log.read_text() == "up\n", seconds=10, what="the server's output")
        assert alive(process.pid)
    assert process.returncode == -signal.SIGTERM


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_a_server_does_not_outlive_a_killed_test_process(tmp_path: Path):
    """A test run that is killed outright leaves no API server behind."""
    script = (
        "import os, pathlib, signal, sys\n"
        "from e2e.support.process import serving\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "with serving(['sleep', '60'], folder / 'log') as process:\n"
        "    (folder / 'pid').write_text(str(process.pid))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    with pytest.raises(Failed):
        run(
            [sys.executable, "-c", script, str(tmp_path)],
            folder=tmp_path,
            seconds=30,
            env={"PYTHONPATH": path},
        )
    pid = int((tmp_path / "pid").read_text())
    until(lambda: not alive(pid), seconds=10, what="the end of the server")

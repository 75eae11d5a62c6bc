"""CUE that takes all there is, engines that die or hang, objects that are too much: told in clear words, and bounded."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from threading import Timer

import pytest

from backstay.check.cue.judge import LARGEST_OBJECT
from backstay.check.cue.process import Ended, Limits, Process
from backstay.core.failure import CannotTell
from e2e.support.cue import config, engine, found, judge
from e2e.support.missing import skip_or_fail

pytestmark = pytest.mark.e2e


def program_of(folder: Path, script: str) -> Path:
    """A program that is no engine."""
    path = folder / f"program-{len(list(folder.iterdir()))}"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


QUICK = Limits(cpu_seconds=1, heap_bytes=128 * 2**20, wait_seconds=60)
ENDLESS = 'import "list"\nx: list.Range(0, 1000000000, 1)'
GROWING = """
import "list"
big: {
	@policy(kinds="ConfigMap", names="big")
	data?: x?: string
	if data.x != _|_ if len(data.x) > 10 {
		count: len(list.Range(0, len(data.x)*100000000, 1))
	}
}
"""


@pytest.fixture(scope="module")
def program() -> Path:
    """The engine."""
    with skip_or_fail():
        return engine()


class TestBounds:
    """Nothing ends the other checks."""

    def test_a_syntax_error_says_where_and_leaves_the_other_files(self, program: Path):
        one = judge(program, "p: {\n\ta: }", "q: {@policy(), data!: _}")
        [told] = one.compiled.findings
        assert (told.rule, str(told.place)) == ("CUE002", "policies/0.cue:2:5")
        assert [f.rule for f in found(one, config())] == ["CUE001"]

    def test_a_file_without_end_is_told_and_left_out(self, program: Path):
        one = judge(program, ENDLESS, "q: {@policy(), data!: _}", limits=QUICK)
        [told] = one.compiled.findings
        assert (told.rule, told.place.file) == ("CUE004", "policies/0.cue")
        assert "more than" in told.message
        assert [f.rule for f in found(one, config())] == ["CUE001"]

    def test_a_policy_without_end_is_ended_once_and_the_others_go_on(self, program: Path):
        one = judge(program, GROWING, "q: {@policy(), more!: _}", limits=QUICK)
        told = found(one, config("big", data={"x": "x" * 1000}), config("b"), config("big", data={"x": "y"}))
        assert [(f.rule, f.object.name if f.object else "") for f in told] == [
            ("CUE004", "big"), ("CUE001", "big"), ("CUE001", "b"), ("CUE001", "big"),
        ]  # fmt: skip
        assert "policy `big`" in told[0].message

    def test_an_engine_that_dies_is_replaced(self, program: Path):
        one = judge(program, "q: {@policy(), data!: _}")
        os.kill(one._process.pid, signal.SIGKILL)
        assert [f.rule for f in found(one, config(), config("b"))] == ["CUE001", "CUE001"]

    def test_an_engine_that_is_killed_at_work_is_replaced(self, program: Path):
        limits = Limits(cpu_seconds=4, heap_bytes=128 * 2**20, wait_seconds=60)
        one = judge(program, GROWING, "q: {@policy(), more!: _}", limits=limits)
        killer = Timer(0.3, os.kill, (one._process.pid, signal.SIGKILL))
        killer.start()
        told = found(one, config("big", data={"x": "x" * 1000}), config("b"))
        killer.join()
        assert [f.rule for f in told if f.rule != "CUE004"] == ["CUE001", "CUE001"]

    def test_an_engine_that_hangs_is_ended(self, tmp_path: Path):
        limits = Limits(wait_seconds=0.5)
        for script in ("cat >/dev/null", "sleep 60"):
            process = Process(program_of(tmp_path, script), limits)
            with pytest.raises(Ended, match=r"no reply within 0\.5 s"):
                process.ask({"op": "free", "padding": "x" * 500_000})
            assert not Path(f"/proc/{process.pid}").exists()

    @pytest.mark.parametrize(
        ("script", "words"),
        [("exit 0", "ended by itself"), ("kill -9 $$", "killed by signal 9"), ("echo no", "ended by itself")],
    )
    def test_an_engine_that_never_runs_cannot_tell(self, script: str, words: str, tmp_path: Path):
        with pytest.raises(CannotTell) as failed:
            judge(program_of(tmp_path, script), "p: {@policy(), a!: 1}")
        assert words in failed.value.message
        assert "may run" in failed.value.help

    def test_an_engine_that_cannot_be_started_cannot_tell(self, tmp_path: Path):
        with pytest.raises(CannotTell, match="cannot be started: no such file"):
            judge(tmp_path / "none", "p: {@policy(), a!: 1}")

    def test_words_that_double_without_end_are_ended(self, program: Path):
        laughs = "\n".join(f'a{n + 1}: "\\(a{n})\\(a{n})"' for n in range(40))
        one = judge(program, f'a0: "ha"\n{laughs}', "q: {@policy(), data!: _}", limits=QUICK)
        assert [(f.rule, f.place.file) for f in one.compiled.findings] == [("CUE004", "policies/0.cue")]
        assert [f.rule for f in found(one, config())] == ["CUE001"]

    def test_branches_that_multiply_without_end_are_ended(self, program: Path):
        choices = " & ".join(f"({{a{n}: {n}}} | {{a{n}: {n + 1}}})" for n in range(24))
        one = judge(program, f"p: {{@policy(), spec?: {choices}}}", "q: {@policy(), data!: _}", limits=QUICK)
        assert [(f.rule, f.place.file) for f in one.compiled.findings] == [("CUE004", "policies/0.cue")]
        assert [f.rule for f in found(one, config(spec={}))] == ["CUE001"]

    def test_a_policy_that_contains_itself_is_no_policy(self, program: Path):
        one = judge(program, "p: {@policy(), x: p}", "q: {@policy(), data!: _}")
        assert [(f.rule, str(f.place)) for f in one.compiled.findings] == [("CUE002", "policies/0.cue:1:16")]
        assert "structural cycle" in one.compiled.findings[0].message

    def test_a_giant_object_is_told_and_stops_no_policy(self, program: Path):
        one = judge(program, "q: {@policy(), data?: x?: string}\nr: {@policy(), data!: _}")
        giant = config("giant", data={"x": "y" * LARGEST_OBJECT})
        told = found(one, giant, config("b"))
        assert [(f.rule, f.object.name if f.object else "") for f in told] == [
            ("CUE007", "giant"),
            ("CUE001", "b"),
        ]
        assert "larger than 4 MiB" in told[0].message

    def test_an_object_that_the_engine_dies_of_stops_no_policy(self, program: Path):
        small = Limits(cpu_seconds=20, heap_bytes=40 * 2**20, wait_seconds=60)
        one = judge(program, "q: {@policy(), data?: {...}}\nr: {@policy(), data!: _}", limits=small)
        wide = config("wide", data={f"key{n}": {"a": n} for n in range(100_000)})
        told = found(one, wide, config("b"))
        assert [(f.rule, f.object.name if f.object else "") for f in told] == [
            ("CUE007", "wide"),
            ("CUE001", "b"),
        ]
        assert "more than 40 MiB of memory" in told[0].message

    def test_of_a_thousand_faults_fifty_are_told_and_the_rest_counted(self, program: Path):
        one = judge(program, "q: {@policy(), data?: [string]: <5}")
        told = found(one, config(data={f"k{n}": 7 for n in range(1000)}))
        assert len(told) == 51
        assert told[-1].message == "950 more fields are not what policy `q` asks for"

    @pytest.mark.parametrize("value", [float("nan"), {1, 2}, "\ud800"], ids=["nan", "set", "surrogate"])
    def test_an_object_that_is_no_json_is_told(self, value: object, program: Path):
        told = found(
            judge(program, "q: {@policy(), data?: x?: int}"), config(data={"x": value}), config(data={"x": 1})
        )
        assert [f.rule for f in told] in (["CUE007"], ["CUE001"])

    def test_memory_is_flat(self, program: Path):
        one = judge(program, 'q: {@policy(), data?: x?: string}\nr: {@policy(), metadata: name!: =~"^o"}')
        sizes = []
        for thousand in range(6):
            assert found(one, *(config(f"o{thousand}-{n}", data={"x": "y" * 100}) for n in range(1000))) == []
            status = Path(f"/proc/{one._process.pid}/status").read_text()
            sizes.append(int(status.split("VmRSS:")[1].split()[0]))
        assert sizes[-1] < sizes[1] * 1.5

"""The CUE engine by its door and by its judge: values, selection, traps, and whatever may go wrong."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from backstay.check.cue.door import CompileError, Context, Sort
from backstay.check.cue.policies import plan
from backstay.check.cue.process import Ended, Limits, Process, Refused
from backstay.core.diagnostic import Severity
from e2e.support.cue import engine, found, item, judge
from e2e.support.missing import skip_or_fail

pytestmark = pytest.mark.e2e

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


@pytest.fixture
def context(program: Path) -> Context:
    """A context with an engine of its own."""
    return Context(Process(program))


def config(name: str = "a", **more: Any) -> dict[str, Any]:
    """A ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **more}


class TestDoor:
    """The shape of cue-py."""

    def test_values_unify_and_validate(self, context: Context):
        value = context.compile("a: >2, b?: int", "x.cue").unify(context.to_value({"a": 3}))
        assert value.validate() == ()
        assert value.to_python() == {"a": 3}
        found_ = value.lookup("a")
        assert found_ is not None
        assert found_.to_json() == "3"
        assert value.lookup("z") is None

    def test_faults_are_data(self, context: Context):
        [fault] = context.compile("a: b: >2", "x.cue").judge({"a": {"b": 1}})
        assert (fault.sort, fault.path, str(fault.place)) == (Sort.CONFLICT, ("a", "b"), "x.cue:1:7")
        assert "out of bound >2" in fault.message

    def test_each_sort_is_told_apart(self, context: Context):
        value = context.compile(
            'a!: int\n#c: {x: int}\nc?: #c\nd?: {u!: "a"} | {v!: 1 | >5}\ne?: bool\nif e != _|_ if e {error("no \\(e)")}',
            "x.cue",
        )
        sorts = {
            fault.path: fault.sort
            for given in ({}, {"a": 1, "c": {"x": 1, "y": 2}}, {"a": 1, "e": True})
            for fault in value.judge(given)
        }
        assert sorts[("a",)] is Sort.REQUIRED
        assert sorts["c", "y"] is Sort.NOT_ALLOWED
        assert sorts[()] is Sort.SAID

    def test_the_nearest_branch_is_named(self, context: Context):
        value = context.compile('a: {k!: "x"} | {k!: "y", n!: {m!: int}}', "x.cue")
        [fault] = value.judge({"a": {"k": "y", "n": {"m": "s"}}})
        assert fault.sort is Sort.BRANCHES
        assert fault.nearest is not None
        assert fault.nearest.path == ("a", "n", "m")

    def test_what_does_not_compile_says_where(self, context: Context):
        with pytest.raises(CompileError) as failed:
            context.compile("a: 1\nb: }", "x.cue")
        assert str(failed.value.faults[0].place) == "x.cue:2:4"
        with pytest.raises(CompileError, match="incomplete"):
            context.compile("a: int", "x.cue").to_python()

    def test_freed_and_unknown_values_are_refused(self, context: Context):
        value = context.compile("a: 1")
        value.free()
        with pytest.raises(Refused, match="no value"):
            value.validate()
        assert context.compile("a: 1").validate() == ()


class TestSelection:
    """Whom a policy is for."""

    @pytest.mark.parametrize(
        ("arguments", "names"),
        [
            ("", ["a", "b", "c"]),
            ('kinds="ConfigMap"', ["a", "b"]),
            ('kinds="apps/*"', ["c"]),
            ('names="a,c"', ["a", "c"]),
            ('labels="env=prod"', ["b"]),
            ('labels="env"', ["b", "c"]),
            ('labels="!env"', ["a"]),
            ('labels="env notin (prod), team=x"', ["c"]),
            ('namespaces="n*"', ["c"]),
        ],
    )
    def test_kinds_names_and_labels(self, arguments: str, names: list[str], program: Path):
        one = judge(program, f"p: {{@policy({arguments}), spec!: never!: 1}}")
        values = [
            config("a"),
            config("b") | {"metadata": {"name": "b", "labels": {"env": "prod"}}},
            {"apiVersion": "apps/v1", "kind": "Deployment",
             "metadata": {"name": "c", "namespace": "ns", "labels": {"env": "dev", "team": "x"}}},
            {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "metadata": {"name": "k"}},
        ]  # fmt: skip
        told = found(one, *values)
        assert [one.object.name for one in told if one.object] == names
        assert {one.rule for one in told} <= {"CUE001"}

    @pytest.mark.parametrize("arguments", ['kind="X"', 'labels="a in b"', "severity=bad", 'kinds="A,,B"'])
    def test_an_unclear_selection_is_told(self, arguments: str, program: Path):
        one = judge(program, f"p: {{@policy({arguments}), spec!: 1}}")
        assert [f.rule for f in one.compiled.findings] == ["CUE006"]
        assert one.compiled.policies == ()

    def test_severity_is_the_policys(self, program: Path):
        [told] = found(judge(program, "p: {@policy(severity=warning), data!: _}"), config())
        assert told.severity is Severity.WARNING

    def test_what_a_patch_lacks_is_not_held_against_it(self, program: Path):
        one = judge(program, "p: {@policy(patches), data!: _, x?: 1}\nq: {@policy(), data!: _}")
        assert list(one.judge([item(config(), partial=True)])) == []
        assert [f.field for f in one.judge([item(config(x=2), partial=True)])] == ["x"]


class TestVerdicts:
    """What is said of objects."""

    def test_object_field_value_and_places(self, program: Path):
        one = judge(program, "// Keep it small.\n// Or else.\np: {\n\t@policy()\n\tdata?: n?: <5\n}")
        [told] = found(one, config(data={"n": 7}))
        assert (told.rule, str(told.object), told.field) == ("CUE001", "ConfigMap a", "data.n")
        assert "`data.n` is `7`" in told.message
        assert told.help == "keep it small. Or else"
        assert str(told.related[0].place) == "policies/0.cue:5:13"

    def test_faults_without_a_place_are_at_the_policy(self, program: Path):
        [told] = found(
            judge(program, "\n#p: {@policy(), apiVersion: _, kind: _, metadata: {...}}"), config(x=1)
        )
        assert "`x` is a field that policy `#p` does not allow" in told.message
        assert str(told.place) == "policies/0.cue:2:1"

    def test_what_cannot_be_decided_is_another_rule(self, program: Path):
        [told] = found(judge(program, "p: {@policy(), data: n: int}"), config())
        assert (told.rule, told.field) == ("CUE003", "data.n")

    def test_secrets_are_not_repeated(self, program: Path):
        value = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": "hunter2"}}
        [told] = found(judge(program, 'p: {@policy(), data?: k?: "x"}'), value)
        assert "hunter2" not in f"{told}"

    def test_policies_that_would_fill_in_for_each_other_are_apart(self, program: Path):
        one = judge(
            program,
            "p: {@policy(), q!: int}\nq: {@policy(), q: 3}\nr: {@policy(), s: {}}\nt: {@policy(), s!: {...}}",
        )
        together, alone = plan(one.compiled.policies)
        assert [policy.name for policy in together] == ["p", "r"]
        assert [policy.name for policy in alone] == ["q", "t"]
        assert sorted(told.field or "" for told in found(one, config())) == ["q", "s"]


class TestTraps:
    """What means something else than it seems to."""

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ('p: {@policy(), metadata: labels: team: "x"}', 'team: "x"'),
            ("p: {@policy(), spec?: {a!: 1} | {b!: 2}}", "matchN" ),
            ("#p: {@policy(), spec!: _}", "closed"),
            ("p: {spec!: _}", "held against nothing"),
            ("p: {@policy(), n: *1 | int}", "n: *1 | int"),
        ],
    )  # fmt: skip
    def test_is_told(self, text: str, words: str, program: Path):
        [told] = judge(program, text).compiled.findings
        assert told.rule == "CUE005"
        assert words in f"{told.message} {told.help}"

    @pytest.mark.parametrize(
        "text",
        [
            'p: {@policy(), metadata: labels: team!: "x", kind: "ConfigMap"}',
            "p: {@policy(), spec?: matchN(1, [{a!: 1, ...}, {b!: 2, ...}])}",
            "#p: {@policy(), spec!: _, ...}",
            "#h: {a!: 1}\n_g: {b: 1}\np: {@policy(), spec?: #h}",
        ],
    )
    def test_is_not_told_of_what_is_right(self, text: str, program: Path):
        assert judge(program, text).compiled.findings == ()


class TestBadInput:
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

    def test_a_program_that_is_no_engine_is_told(self, tmp_path: Path):
        (tmp_path / "no").write_text("#!/bin/sh\nexit 0\n")
        (tmp_path / "no").chmod(0o755)
        with pytest.raises(Ended):
            Process(tmp_path / "no").ask({"op": "free"})

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

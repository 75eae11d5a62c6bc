"""The CUE engine by its door and by its judge: values, selection, traps, and whatever may go wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from backstay.check.cue.door import Concrete, Context, Error, FileName, Final, Sort
from backstay.check.cue.policies import plan
from backstay.check.cue.process import Process, Refused
from backstay.core.diagnostic import Severity
from e2e.support.cue import config, engine, faults, found, item, judge
from e2e.support.missing import skip_or_fail

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def program() -> Path:
    """The engine."""
    with skip_or_fail():
        return engine()


@pytest.fixture
def context(program: Path) -> Context:
    """A context with an engine of its own."""
    return Context(Process(program))


class TestDoor:
    """The names of cue-py, and what they do there."""

    def test_values_unify_and_validate(self, context: Context):
        value = context.compile("a: >2, b?: int", FileName("x.cue")).unify(context.to_value({"a": 3}))
        value.validate(Concrete(concrete=True), Final())
        assert json.loads(value.to_json()) == {"a": 3}
        assert value.lookup("a").to_json() == "3"
        assert value.context() is context
        with pytest.raises(Error, match="field not found: z"):
            value.lookup("z")

    def test_bytes_compile_as_text_does(self, context: Context):
        assert context.compile('a: "é"'.encode()).to_json() == context.compile('a: "é"').to_json()

    def test_what_is_open_is_a_fault_only_when_asked(self, context: Context):
        value = context.compile("a: int, b!: int")
        value.validate()
        with pytest.raises(Error, match="incomplete"):
            value.validate(Concrete(concrete=True))
        with pytest.raises(Error, match="required"):
            value.validate(Final())

    def test_an_error_has_its_faults(self, context: Context):
        [fault] = faults(context.compile("a: b: >2", FileName("x.cue")), {"a": {"b": 1}})
        assert (fault.sort, fault.path, str(fault.place)) == (Sort.CONFLICT, ("a", "b"), "x.cue:1:7")
        assert "out of bound >2" in fault.message

    def test_each_sort_is_told_apart(self, context: Context):
        value = context.compile(
            'a!: int\n#c: {x: int}\nc?: #c\nd?: {u!: "a"} | {v!: 1 | >5}\ne?: bool\nif e != _|_ if e {error("no \\(e)")}',
            FileName("x.cue"),
        )
        sorts = {
            fault.path: fault.sort
            for given in ({}, {"a": 1, "c": {"x": 1, "y": 2}}, {"a": 1, "e": True})
            for fault in faults(value, given)
        }
        assert sorts[("a",)] is Sort.REQUIRED
        assert sorts["c", "y"] is Sort.NOT_ALLOWED
        assert sorts[()] is Sort.SAID

    def test_the_nearest_branch_is_named(self, context: Context):
        value = context.compile('a: {k!: "x"} | {k!: "y", n!: {m!: int}}', FileName("x.cue"))
        [fault] = faults(value, {"a": {"k": "y", "n": {"m": "s"}}})
        assert fault.sort is Sort.BRANCHES
        assert fault.nearest is not None
        assert fault.nearest.path == ("a", "n", "m")

    def test_what_does_not_compile_says_where(self, context: Context):
        with pytest.raises(Error) as failed:
            context.compile("a: 1\nb: }", FileName("x.cue"))
        assert str(failed.value.faults[0].place) == "x.cue:2:4"
        with pytest.raises(Error, match="incomplete"):
            context.compile("a: int", FileName("x.cue")).to_json()

    def test_a_value_that_nobody_holds_is_forgotten(self, program: Path):
        process = Process(program)
        context = Context(process)
        value = context.compile("a: 1")
        number = value._val
        del value
        context.compile("b: 1").validate()
        with pytest.raises(Refused, match=f"no value {number}"):
            process.ask({"op": "validate", "values": [number]})


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

    @pytest.mark.parametrize(
        "policy",
        [
            'data?: k?: "x"',
            'data?: k?: {x!: 1} | "x"',
            'data?: {k?: string, if k != _|_ {error("it is \\(k)")}}',
            'import "encoding/base64"\np: {@policy(), data?: {k?: string, if k != _|_ {error("\\(base64.Decode(null, k))")}}}',
            'import "strings"\np: {@policy(), data?: {k?: string, if k != _|_ {error(strings.ToUpper(k))}}}',
            "data?: 5",
            "#p: {@policy(), apiVersion: _, kind: _, metadata: _}",
        ],
    )  # fmt: skip
    def test_what_is_in_a_secret_is_not_repeated(self, policy: str, program: Path):
        value = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "s"},
            "data": {"k": "aHVudGVyMg=="},
        }
        text = policy if "@policy" in policy else f"p: {{@policy(), {policy}}}"
        [told] = found(judge(program, text), value)
        assert told.rule == "CUE001"
        for words in ("hunter2", "aHVudGVyMg", "AHVUDGVYMG"):
            assert words not in f"{told}"

    def test_what_a_policy_says_of_a_secret_without_its_values_is_told(self, program: Path):
        value = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "type": "Opaque"}
        text = (
            'p: {@policy(), type?: string, if type != _|_ if type == "Opaque" {error("name what it is for")}}'
        )
        [told] = found(judge(program, text), value)
        assert told.message == "name what it is for"

    @pytest.mark.parametrize(
        "policy",
        [
            "spec?: env?: 5",
            "spec?: env?: [...{name!: string, value?: null}]",
            "spec?: env?: [...{x!: 1} | {y!: 2}]",
            'spec?: env?: [...{name?: string, value?: string, if value != _|_ {error("no \\(name)=\\(value)")}}]',
        ],
    )
    def test_neither_are_variables_named_like_one(self, policy: str, program: Path):
        value = config(spec={"env": [{"name": "DB_PASSWORD", "value": "hunter2"}]})
        told = found(judge(program, f"p: {{@policy(), {policy}}}"), value)
        assert told
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

    def test_labels_without_a_mark_pass_where_they_are_absent_and_with_one_do_not(self, program: Path):
        [without] = judge(program, 'p: {@policy(), metadata: labels: team: "x"}').compiled.findings
        assert "!" in without.help
        assert found(judge(program, 'p: {@policy(), metadata: labels: team: "x"}'), config()) == []
        [told] = found(judge(program, 'p: {@policy(), metadata: labels: team!: "x"}'), config())
        assert (told.rule, told.field) == ("CUE001", "metadata.labels.team")

    def test_structs_with_required_fields_in_branches_are_undecided_and_in_match_n_are_not(
        self, program: Path
    ):
        branches = judge(program, "p: {@policy(), spec?: {a!: int} | {b!: int}}")
        matched = judge(program, "p: {@policy(), spec?: matchN(1, [{a!: int, ...}, {b!: int, ...}])}")
        right = config(spec={"a": 1, "c": 2})
        assert [trap.message.partition(" at ")[0] for trap in branches.compiled.findings] == [
            "branches with required fields"
        ]
        assert matched.compiled.findings == ()
        assert found(matched, right) == []
        assert [f.rule for f in found(matched, config(spec={"c": 2}))] == ["CUE001"]

    def test_missing_fields_are_told_when_there_is_no_conflict_left(self, program: Path):
        one = judge(program, "p: {@policy(), data?: {a!: int, b?: <5}}")
        assert [f.field for f in found(one, config(data={"b": 7}))] == ["data.b"]
        assert [f.field for f in found(one, config(data={"b": 3}))] == ["data.a"]

    def test_what_error_says_is_the_message_at_its_place(self, program: Path):
        one = judge(
            program,
            'p: {\n\t@policy()\n\tn?: int\n\tif n != _|_ if n > 5 {\n\t\terror("no more than 5")\n\t}\n}',
        )
        [told] = found(one, config(n=7))
        assert (told.message, str(told.related[0].place)) == ("no more than 5", "policies/0.cue:5:3")

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

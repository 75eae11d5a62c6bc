"""The policies that ship, each with objects that it passes, refuses and nearly refuses; judged by the real engine."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from backstay.check.cue.door import Text
from backstay.check.cue.judge import Judge
from e2e.support.cue import engine, item
from e2e.support.missing import skip_or_fail
from e2e.support.process import run
from support.repository import REPO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.e2e

CASES: dict[str, list[dict[str, Any]]] = yaml.safe_load((REPO / "tests/cue/policies.yaml").read_text())
ALL = [(policy, case) for policy, cases in CASES.items() for case in cases]


@pytest.fixture(scope="module")
def program() -> Path:
    """The engine."""
    with skip_or_fail():
        return engine()


@pytest.fixture(scope="module")
def shipped(program: Path) -> Judge:
    """The policies of this repository."""
    files = sorted((REPO / "policies").glob("*.cue"))
    return Judge(program, tuple(Text(f"policies/{path.name}", path.read_text()) for path in files))


def test_every_policy_has_cases_and_no_trap(shipped: Judge):
    """Twelve of them, each with something it passes and something it refuses."""
    assert {one.name for one in shipped.compiled.policies} == set(CASES)
    assert len(CASES) == 12
    assert shipped.compiled.findings == ()
    for cases in CASES.values():
        assert {bool(case.get("fields")) for case in cases} == {True, False}
        assert len(cases) >= 3


@pytest.mark.parametrize(("policy", "case"), ALL, ids=[f"{policy}: {case['name']}" for policy, case in ALL])
def test_policy(policy: str, case: dict[str, Any], shipped: Judge):
    """Exactly these fields are named, with the policy's place."""
    made = shipped.judge([item(case["object"], partial=case.get("partial", False))])
    own = [one for one in made if one.related[0].message == f"policy `{policy}`"]
    assert [one.field for one in own] == case.get("fields", [])
    for one in own:
        assert one.related[0].place.file.startswith("policies/")
        assert one.related[0].place.line > 1
        assert case.get("message", "") in one.message
        assert case.get("silent", "\0") not in f"{one.message} {one.help}"
        assert one.help


def test_the_example_fleet_keeps_them(program: Path):
    """With the engine at hand, nothing of the fleet is refused."""
    out = run(
        [sys.executable, "-m", "backstay", "check", "--format", "json"], folder=REPO, seconds=120,
        env={"PYTHONPATH": str(REPO / "generator")},
    )  # fmt: skip
    assert '"rule": "CUE' not in out
    assert '"rule": "MSH' in out


def clauses(text: str) -> Iterator[tuple[int, int]]:
    """Where each thing that a policy asks for stands in a file: a line with a value, a bound, a branch or a condition."""
    at = 0
    for line in text.splitlines(keepends=True):
        bare = line.strip()
        asks = ":" in bare or bare.startswith(("if ", "error("))
        if asks and not bare.startswith(("//", "@policy", '"')) and not bare.endswith("{"):
            yield at, at + len(line)
        at += len(line)


def parts(text: str) -> Iterator[tuple[str, str]]:
    """The file with one constraint taken out, and which: whole lines, bounds and branches of lines, conditions."""
    for start, end in clauses(text):
        line = text[start:end]
        yield line.strip(), text[:start] + text[end:]
        for weaker in weakened(line):
            yield f"{line.strip()} -> {weaker.strip()}", text[:start] + weaker + text[end:]
    for condition in re.finditer(
        r"^\t*((?:if [^{]*?(?= if | \{))(?: if [^{]*?(?= if | \{))*) \{$", text, re.MULTILINE
    ):
        for one in re.split(r" (?=if )", condition[1]):
            if "_|_" not in one:  # without it CUE refuses the next one
                yield (
                    one,
                    text[: condition.start(1)]
                    + condition[1].replace(one, "if true", 1)
                    + text[condition.end(1) :],
                )


def weakened(line: str) -> Iterator[str]:
    """The line without one of the bounds, branches, `!` marks or values in it."""
    for bound in re.finditer(r" & (>?<=?[0-9]+|>=?[0-9]+|!~\"[^\"]*\")|([<>]=?[0-9]+) & ", line):
        yield line[: bound.start()] + line[bound.end() :]
    for value in re.finditer(
        r"(: )(=~\"[^\"]*\"|!=\"[^\"]*\"|[<>]=?[0-9]+|false|true)|(\.\.\.)(!=\"[^\"]*\")", line
    ):
        at = value.start(2) if value[2] else value.start(4)
        yield line[:at] + "_" + line[value.end() :]
    for branch in re.finditer(r" \| (\"[^\"]*\"|=~\"[^\"]*\"|int)|(null|\"\"|string) \| ", line):
        yield line[: branch.start()] + line[branch.end() :]
    for mark in re.finditer(r"!:", line):
        yield line[: mark.start()] + "?:" + line[mark.end() :]


MUTANTS = [
    pytest.param(path.name, mutant, id=f"{path.stem}: {what}")
    for path in sorted((REPO / "policies").glob("*.cue"))
    for what, mutant in parts(path.read_text())
]


@pytest.mark.parametrize(("name", "mutant"), MUTANTS)
def test_each_constraint_is_needed_by_a_case(name: str, mutant: str, program: Path):
    """Whatever is taken out of a policy, one of the cases tells."""
    texts = {path.name: path.read_text() for path in sorted((REPO / "policies").glob("*.cue"))}
    assert texts[name] != mutant
    changed = Judge(
        program, tuple(Text(f"policies/{one}", text) for one, text in {**texts, name: mutant}.items())
    )
    if changed.compiled.findings:
        return
    assert any(fields(changed, policy, case) != case.get("fields", []) for policy, case in ALL)


def fields(judge: Judge, policy: str, case: dict[str, Any]) -> list[str | None]:
    """The fields that a policy names of a case's object."""
    made = judge.judge([item(case["object"], partial=case.get("partial", False))])
    return [one.field for one in made if one.policy == policy]

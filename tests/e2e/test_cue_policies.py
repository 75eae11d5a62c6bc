"""The policies that ship, each with objects that it passes, refuses and nearly refuses; judged by the real engine."""

from __future__ import annotations

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

"""One policy in CUE, tuned and waived by its name as a rule is by its id; what names none is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from e2e.support.cue import engine
from e2e.support.missing import skip_or_fail
from support.repository import REPO

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

HEAD = "apiVersion: backstay.dev/v1alpha1\n"
EXCUSE = "reason: the partner goes next month, owner: ml-platform, expires: 2026-12-31"
RULES = """
slow: {@policy(kinds="EnvoyFilter"), metadata: labels: team!: string}
never: {@policy(kinds="EnvoyFilter"), metadata: annotations: x!: string}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A cluster of which one object breaks both policies."""
    with skip_or_fail():
        engine()
    (tmp_path / "specs/clusters").mkdir(parents=True)
    text = (REPO / "docs/examples/load-balancer.yaml").read_text().replace("aws-alb", "firewall")
    (tmp_path / "specs/clusters/one.yaml").write_text(text)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/rules.cue").write_text(RULES)
    return tmp_path


def check(folder: Path, *, profile: str = "", waivers: str = "", **env: str) -> list[dict[str, Any]]:
    """The findings of `check`, in 2026-06-01."""
    for name, kind, text in (("profile", "PolicyProfile", profile), ("waivers", "Waivers", waivers)):
        if text:
            (folder / f"policies/{name}.yaml").write_text(f"{HEAD}kind: {kind}\n{text}")
    command = [sys.executable, "-m", "backstay", "check", "--format", "json"]
    plain = {"PYTHONPATH": str(REPO / "generator"), "SOURCE_DATE_EPOCH": "1780272000"}
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **plain, **env}, capture_output=True, timeout=300, check=False
    )
    assert done.returncode in {0, 1}, done.stderr
    return list(json.loads(done.stdout)["diagnostics"])


def of(found: list[dict[str, Any]], policy: str) -> list[dict[str, Any]]:
    """What a policy finds."""
    return [one for one in found if one["policy"] == policy]


def rules(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What is wrong with the policy's own files, by rule."""
    return {one["rule"]: one for one in found if one["rule"].startswith("POL")}


def test_a_finding_names_its_policy(folder: Path) -> None:
    """Both are found, under one rule."""
    found = check(folder)
    assert {one["rule"] for one in (*of(found, "slow"), *of(found, "never"))} == {"CUE001"}
    assert of(found, "slow")
    assert of(found, "never")


def test_one_policy_is_tuned_and_the_other_is_not(folder: Path) -> None:
    """A policy's own severity wins over that of its rule."""
    profile = "rules: {CUE001: {severity: info}}\npolicies: {slow: {severity: warning}}"
    found = check(folder, profile=profile)
    assert {one["severity"] for one in of(found, "slow")} == {"warning"}
    assert {one["severity"] for one in of(found, "never")} == {"info"}
    found = check(folder, profile="policies: {slow: {severity: 'off'}}")
    assert not of(found, "slow")
    assert {one["severity"] for one in of(found, "never")} == {"error"}


def test_one_policy_is_waived_for_an_object(folder: Path) -> None:
    """The other policy, and other objects, are not."""
    name = of(check(folder), "slow")[0]["object"]
    about = f"{name['kind']}/{name['namespace']}/{name['name']}"
    found = check(folder, waivers=f"waivers: [{{policy: slow, object: {about}, {EXCUSE}}}]")
    assert {bool(one["waived"]) for one in of(found, "slow") if one["object"] == name} == {True}
    assert not any(one["waived"] for one in of(found, "never"))
    assert not rules(found)


def test_a_comment_excuses_one_policy_at_its_line(folder: Path) -> None:
    """In a spec, as it does a rule."""
    line = of(check(folder), "slow")[0]["place"]["line"]
    path = folder / "specs/clusters/one.yaml"
    lines = path.read_text().splitlines()
    lines[line - 1] += "  # backstay: allow slow the partner goes next month"
    path.write_text("\n".join(lines))
    found = check(folder)
    assert any(one["waived"] == "the partner goes next month" for one in of(found, "slow"))
    assert not any(one["waived"] for one in of(found, "never"))


def test_names_that_nobody_has_are_errors(folder: Path) -> None:
    """In all three places, each with what may be meant."""
    path = folder / "specs/clusters/one.yaml"
    path.write_text(path.read_text() + "\n# backstay: allow slwo it is all right like that\n")
    found = check(
        folder, profile="policies: {slwo: {severity: info}}", waivers=f"waivers: [{{policy: nevr, {EXCUSE}}}]"
    )
    told = {one["place"]["file"]: one for one in found if one["rule"] == "POL001"}
    assert set(told) == {"policies/profile.yaml", "policies/waivers.yaml", "specs/clusters/one.yaml"}
    assert "`slow`" in told["policies/profile.yaml"]["help"]
    assert "`never`" in told["policies/waivers.yaml"]["help"]


def test_a_waiver_that_excuses_nothing_is_told(folder: Path) -> None:
    """By the policy's name."""
    found = check(folder, waivers=f"waivers: [{{policy: slow, object: Job/none, {EXCUSE}}}]")
    assert "policy `slow`" in rules(found)["POL004"]["message"]


@pytest.mark.parametrize("both", ["rule: CUE001, policy: slow", "cluster: x"])
def test_a_waiver_is_of_one_thing(both: str, folder: Path) -> None:
    """Of a rule or of a policy."""
    found = check(folder, waivers=f"waivers: [{{{both}, {EXCUSE}}}]")
    assert any("of one rule or of one policy" in one["message"] for one in found)


def test_without_the_engine_nothing_is_said_of_what_it_would_judge(folder: Path) -> None:
    """Neither that there is no such policy, nor that its waiver is of no use."""
    path = folder / "specs/clusters/one.yaml"
    path.write_text("# backstay: allow slow the partner goes next month\n" + path.read_text())
    found = check(
        folder, profile="cueEngine: ifBuilt\npolicies: {slow: {severity: info}}",
        waivers=f"waivers: [{{policy: slow, {EXCUSE}}}, {{rule: CUE001, {EXCUSE}}}]",
        PATH=str(folder), XDG_CACHE_HOME=str(folder / "none"),
    )  # fmt: skip
    assert not rules(found)
    assert any(one["rule"] == "CUE008" for one in found)


def test_a_policy_that_does_not_compile_hides_no_name(folder: Path) -> None:
    """Its waiver may be right: only the file is wrong."""
    (folder / "policies/more.cue").write_text("other: {@policy(), a: }")
    found = check(folder, waivers=f"waivers: [{{policy: other, {EXCUSE}}}]")
    assert not rules(found)
    assert any(one["rule"] == "CUE002" for one in found)

"""`backstay rules`: lists, searches, explains; for people and for machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from backstay.core.family import FAMILIES
from backstay.report.columns import width
from backstay.rules import rules_by_id

if TYPE_CHECKING:
    from cli.conftest import Repository


def ids(out: str) -> list[str]:
    """The ids of a list."""
    return [line.split()[0] for line in out.splitlines()]


def test_the_list_has_every_rule(repository: Repository) -> None:
    """In the order of ids, each with its severity and whether it has repairs."""
    ran = repository.backstay("rules")
    assert (ran.code, ids(ran.out)) == (0, sorted(rules_by_id()))
    assert "KFP001  error    fix  dead-launcher-key" in ran.out.splitlines()
    assert "MSH040  error         promises-conflict" in ran.out.splitlines()


def test_every_rule_is_of_a_family() -> None:
    """And every family has a rule."""
    assert {id_[:3] for id_ in rules_by_id()} == set(FAMILIES)


@pytest.mark.parametrize(
    ("words", "found", "other"),
    [
        (["silent", "pings"], "MSH002", "KFP001"),
        (["2.17"], "KFP007", "JOB001"),
        (["--system", "jobs"], "JOB001", "KFP001"),
        (["--system", "jobs", "--system", "mesh"], "MSH002", "KFP001"),
        (["--severity", "warning"], "MSH014", "MSH002"),
        (["--fixable"], "KFP001", "MSH002"),
        (["--fixable", "--system", "spec"], "SPC001", "SPC006"),
        (["logs", "--system", "pipelines", "--severity", "warning", "--fixable"], "KFP017", "KFP012"),
        (["mesh"], "MSH009", "JOB002"),
    ],
)
def test_searches(repository: Repository, words: list[str], found: str, other: str) -> None:
    """Everything that is asked has to hold."""
    listed = ids(repository.backstay("rules", *words).out)
    assert found in listed
    assert other not in listed


def test_nothing_found(repository: Repository) -> None:
    """Is said, and exit 1."""
    ran = repository.backstay("rules", "zebra", "unicorn")
    assert (ran.code, ran.out) == (1, "")
    assert "no rule is like that: `zebra` and `unicorn`" in ran.err
    assert repository.backstay("rules", "--system", "nets").code == 2


@pytest.mark.parametrize("words", [["kfp012"], ["KFP012"], ["stores-disagree"], ["explain", "KFP012"]])
def test_a_rule_is_explained(repository: Repository, words: list[str]) -> None:
    """By id or name: all sections, the examples as they can be copied."""
    ran = repository.backstay("rules", *words)
    assert ran.code == 0
    assert ran.out.startswith("KFP012 stores-disagree (error, pipelines)\n\nOne of the places")
    places = [
        ran.out.index(f"\n{name}:") for name in ("Breaks", "Bad", "Good", "Not judged", "Repairs", "Source")
    ]
    assert places == sorted(places)
    assert "    kind: ConfigMap\n" in ran.out


def test_parameters_are_listed(repository: Repository) -> None:
    """As the profile may set them."""
    page = repository.backstay("rules", "MSH014").out
    assert "Parameters: leastTimeout (10s): how long a keepalive has to wait for an answer" in page


def test_several_rules_and_unknown_ones(repository: Repository) -> None:
    """What is known is told; the rest is exit 2, with the rule that may be meant."""
    ran = repository.backstay("rules", "explain", "KFP001", "KFP021", "KFP1", "dead-launcher-keys")
    assert ran.code == 2
    assert ran.out.count("Source:") == 2
    assert "there is no rule `KFP1`; did you mean KFP0" in ran.err
    assert "there is no rule `dead-launcher-keys`; did you mean dead-launcher-key?" in ran.err
    assert repository.backstay("rules", "explain").code == 2


def test_json(repository: Repository) -> None:
    """Every rule has every key; a search narrows it, an id gives one."""
    told = json.loads(repository.backstay("rules", "--format", "json").out)
    assert told["version"] == 1
    assert [one["id"] for one in told["rules"]] == sorted(rules_by_id())
    assert len({frozenset(one) for one in told["rules"]}) == 1
    (one,) = json.loads(repository.backstay("rules", "MSH014", "--format", "json").out)["rules"]
    assert one["parameters"]["leastTimeout"]["default"] == "10s"
    assert (one["fix"], one["system"], one["severity"]) == (["unsafe"], "mesh", "warning")
    assert "grpc.keepalive_timeout_ms: 2000" in one["bad"]
    assert json.loads(repository.backstay("rules", "zebra", "--format", "json").out)["rules"] == []


def test_pages_fit_a_terminal() -> None:
    """Sentences wrap; examples stay as they are."""
    from backstay.cli.rules import _fields
    from backstay.report.rules import as_page

    for rule in rules_by_id().values():
        page = as_page(rule, _fields(rule), lambda text, _colour: text, 80)
        prose = [line for line in page.splitlines() if not line.startswith("    ")]
        assert max(width(line) for line in prose if len(line.split()) > 2) <= 80

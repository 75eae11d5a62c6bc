"""Every condition of every rule matters to a case: deleted, or with its bound moved by one, it fails at least one.

What changes nothing that a user sees is listed in `equivalent_mutants.yaml` with the reason, and so is what still wants a
case.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from backstay.check import look, rules
from backstay.check.registry import CHECKS
from backstay.check.rule import Check, rule
from backstay.claims.registry import known
from backstay.text.yaml import parse
from support import casebook, mutation

_LISTED = parse((casebook.FOLDER / "equivalent_mutants.yaml").read_text(encoding="utf-8"))
_FOLDER = f"{rules.__path__[0]}/"
_MODULES = sorted(
    found.name.removeprefix(mutation.RULES)
    for found in pkgutil.walk_packages(rules.__path__, mutation.RULES)
    if not found.ispkg
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.rule.id)
def test_a_rule_that_finds_nothing_fails_its_cases(check):
    """`test_rules.test_case` compares with what the cases expect; here: that an empty answer would not pass."""
    file = Path(casebook.FOLDER) / f"{check.rule.id}.yaml"
    assert [case.name for case in casebook.cases_in(file) if casebook.differences([], case.findings)]


@pytest.mark.e2e
def test_there_are_modules_and_all_cases_pass():
    """No modules would pass everything below, and a case that fails by itself would hide a mutant."""
    assert len(_MODULES) > len(CHECKS)
    assert [trial.case.id for trial in mutation.trials() if not trial.passes()] == []


@pytest.mark.e2e
@pytest.mark.parametrize("module", _MODULES)
def test_every_condition_of_a_module_matters(module):
    """A survivor asks for a case, or for a simpler rule; a line in the list that is no survivor has to go."""
    known_ones = listed(f"{module}.")
    found = mutation.survivors(importlib.import_module(mutation.RULES + module), ran(), known_ones)
    assert sorted(map(str, found)) == known_ones


@pytest.mark.e2e
@pytest.mark.parametrize("rule_id", sorted(known()))
def test_every_condition_of_a_claim_matters(rule_id):
    """As above, of the conditions that a rule states as data."""
    assert sorted(map(str, mutation.claim_survivors(rule_id))) == listed(f"{rule_id}'s claims")


def test_the_list_names_places_that_are_looked_at():
    """A line about a module that is gone would never be missed; what is equivalent has a reason."""
    starts = (*(f"{one}." for one in _MODULES), *(f"{one}'s claims: " for one in known()))
    assert [one for one in listed("") if not one.startswith(starts)] == []
    assert all(set(one) == {"mutant", "reason"} and one["reason"] for one in _LISTED["equivalent"])


@cache
def ran():
    """The lines that the cases run."""
    return mutation.reached(mutation.trials(), (_FOLDER,))


def listed(start):
    """The mutants that no case tells from the original, by the list."""
    every = (*(one["mutant"] for one in _LISTED["equivalent"]), *_LISTED["wanting"])
    return sorted(one for one in every if one.startswith(start))


_MADE_UP = """
def check(ctx):
    for item in ctx.of_kind("ConfigMap"):
        if item.ref.name == "it" and 3 <= size(item) and not item.partial:
            yield from find(item)
"""


def made_up(tmp_path, sizes):
    """A rule about ConfigMaps of three keys or more, with a case for each size, and its module."""
    name, file = "made_up", tmp_path / "made_up.py"
    file.write_text(_MADE_UP, encoding="utf-8")
    made = rule("", "XXX001", "made-up")
    module = ModuleType(name)
    module.__file__ = str(file)
    module.size = lambda item: len(look.mapping(item.value.get("data")))
    module.find = lambda item: [made.report("it is large", help="", object=item.ref)]
    exec(compile(_MADE_UP, str(file), "exec"), vars(module))  # noqa: S102 - it stands above
    cases = [
        casebook.Case("XXX001", str(size), {}, [config_map(size)], None, [{"message": "large"}] * (size > 2))
        for size in sizes
    ]
    check = Check(made, frozenset({"ConfigMap"}), module.check)
    return module, [mutation.Trial(case, check, casebook.seen(case)) for case in cases]


def config_map(size):
    """A ConfigMap of that many keys."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "it"},
        "data": {str(n): "" for n in range(size)},
    }


@pytest.mark.parametrize(
    ("sizes", "bound"), [((1, 5), ["made_up.check: `3 <= size(item)` bound moved"]), ((2, 3), [])]
)
def test_a_condition_without_a_case_is_reported(tmp_path, sizes, bound):
    """Nobody tries another name and a patch; a bound needs its neighbours."""
    module, trials = made_up(tmp_path, sizes)
    found = map(str, mutation.survivors(module, mutation.reached(trials, (str(tmp_path),))))
    assert sorted(found) == [
        *bound,
        "made_up.check: `item.ref.name == 'it'` dropped",
        "made_up.check: `not item.partial` dropped",
    ]


def test_a_line_that_no_case_runs_is_reported(tmp_path):
    """However many conditions stand there."""
    module, _ = made_up(tmp_path, ())
    assert len(list(mutation.survivors(module, {}))) == 6

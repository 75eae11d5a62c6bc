"""The rules as a set: registered, numbered, documented, with cases, and honest about what they read."""

import importlib
import pkgutil
import re
from collections import Counter
from dataclasses import replace

import pytest

from backstay.check import engine, rules
from backstay.check.context import Context, item_of
from backstay.check.registry import CHECKS
from backstay.core.diagnostic import Severity
from support import casebook
from support.compiler import compile_spec

_FILES = sorted(file.stem for file in casebook.FOLDER.glob("[A-Z]*.yaml"))
_IDS = [check.rule.id for check in CHECKS]
_MODULE = re.compile(r"backstay\.check\.rules\.(?P<family>[a-z]+)\.(?P<id>[a-z]+\d{3})_(?P<name>[a-z0-9_]+)")


def test_there_are_rules():
    """An empty registry would pass everything below."""
    assert CHECKS


def test_every_rule_has_a_case_file_and_every_case_file_a_rule():
    """Forgetting either is named here."""
    assert sorted(_IDS) == _FILES


def test_a_case_file_names_its_own_rule():
    """A copied file still naming its model is found."""
    assert all(
        case.rule == file for file in _FILES for case in casebook.cases_in(casebook.FOLDER / f"{file}.yaml")
    )


def test_ids_are_unique_and_in_order():
    """Ids are never reused, and the registry reads in their order."""
    assert sorted(set(_IDS)) == _IDS


def test_names_are_unique():
    """Waivers and profiles may name a rule by its name."""
    assert not [name for name, count in Counter(check.rule.name for check in CHECKS).items() if count > 1]


def test_every_module_of_a_rule_is_registered():
    """A rule that nobody runs is found."""
    found = [name for name in rule_modules() if importlib.import_module(name).CHECK not in CHECKS]
    assert found == []
    assert len(rule_modules()) == len(CHECKS)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.rule.id)
def test_a_rule_says_what_it_is(check):
    """Its summary, what it breaks, Bad, Good and its source; its file carries its id and its name."""
    doc = check.rule.doc
    assert re.match(r"[A-Za-z`].+\.\n", doc)
    assert all(re.search(rf"^{section}:", doc, re.MULTILINE) for section in ("Bad", "Good"))
    assert check.rule.why.endswith(".")
    assert check.rule.source
    assert check.rule.severity in Severity
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", check.rule.name)
    assert f"{check.rule.id}-{check.rule.name}".lower().replace("-", "_") in {
        name.rsplit(".", 1)[1] for name in rule_modules()
    }


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.rule.id)
def test_a_rule_has_a_case_that_passes_and_one_that_fails(check):
    """And one more, the near miss."""
    cases = cases_of(check)
    assert len(cases) > 2
    assert [case for case in cases if case.findings]
    assert [case for case in cases if not case.findings]
    assert len({case.name for case in cases}) == len(cases)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.rule.id)
def test_a_rule_reads_what_it_says_and_says_what_it_reads(check):
    """Over all of its cases: a wrong declaration and a thin set of cases both fail."""
    parts = set()
    kinds = set().union(*(kinds_asked_for(check, case, parts) for case in cases_of(check)))
    assert kinds == {read for read in check.reads if read[0].isupper()}
    assert parts >= {read for read in check.reads if read[0].islower()}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.rule.id)
def test_a_rule_that_is_not_run_would_find_nothing(check):
    """What a part of the model is empty of, the engine passes over: that must never hide a finding."""
    stated = [case for case in cases_of(check) if case.spec is not None and case.objects is None]
    for context in (context for case in stated[:1] for context in of_spec(case)):
        assert list(engine.run(context)) == [found for one in CHECKS for found in one.run(context)]


def cases_of(check):
    """The cases of a rule."""
    return list(casebook.cases_in(casebook.FOLDER / f"{check.rule.id}.yaml"))


def kinds_asked_for(check, case, parts):
    """The kinds that a rule asks for in a case; the parts of the model that it looks at go to `parts`."""
    if case.before is not None:
        contexts = casebook.change(case, Watched)
        list(check.compare(*contexts))
    else:
        contexts = [casebook.context(case, Watched)] if case.objects is not None else of_spec(case)
        contexts = [watching(context, parts) for context in contexts]
        list(check.run(*contexts) if contexts else ())
    return set().union(*(context.kinds for context in contexts))


class Watched(Context):
    """A context that remembers which kinds it was asked for."""

    def of_kind(self, *kinds):
        object.__setattr__(self, "kinds", self.kinds | set(kinds))
        return super().of_kind(*kinds)

    def named(self, kind, name):
        object.__setattr__(self, "kinds", self.kinds | {kind})
        return super().named(kind, name)

    kinds = frozenset()


class Parts:
    """A cluster's model that remembers which of its parts somebody looked at."""

    def __init__(self, model, seen):
        self.model, self.seen = model, seen

    def __getattr__(self, name):
        """The model's own attribute."""
        value = getattr(self.model, name)
        self.seen.add({"calls_to": "calls"}.get(name, name))
        return Parts(value, self.seen) if name in {"network", "jobs"} else value


def watching(context, parts):
    """A context whose model, if any, is watched too."""
    return context if context.cluster is None else replace(context, cluster=Parts(context.cluster, parts))


def of_spec(case):
    """What a rule sees of a compiled spec; nothing when the spec does not get that far."""
    compiled = compile_spec(casebook.on_base(case.spec))
    if compiled.cluster is None:
        return []
    items = [item_of(one) for one in compiled.settled]
    return [Watched(items, compiled.cluster.features, compiled.cluster.versions, compiled.cluster)]


def rule_modules():
    """The modules under check/rules that are rules, by their file names."""
    found = [module.name for module in pkgutil.walk_packages(rules.__path__, "backstay.check.rules.")]
    return [name for name in found if _MODULE.fullmatch(name)]

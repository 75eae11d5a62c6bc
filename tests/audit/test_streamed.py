"""Objects judged in batches and let go give the findings of objects that are all judged together."""

import json
from itertools import chain
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstay.audit import streamed
from backstay.audit.judge import Given, audit_paths
from backstay.audit.read import Holding, Reading
from backstay.audit.streamed import Streamed
from backstay.audit.survey import survey
from backstay.audit.texts import Stream
from backstay.audit.versions import Versions
from backstay.check import engine, together
from backstay.check.context import Context
from backstay.check.registry import CHECKS
from backstay.text.yaml import parse
from support import casebook
from support.examples import times

CASES = [case for case in casebook.cases() if case.objects is not None and case.before is None]
HERE = Path(__file__).parent
FOLDERS = sorted(HERE.glob("*/broken"))


class Tree:
    """Objects at hand as a tree that is read."""

    def __init__(self, items):
        self._items = items

    def items(self, _reading):
        """All of them."""
        return iter(self._items)


def objects_of(cases):
    """The objects of several cases, as if they stood in one tree."""
    return [
        casebook.item(entry, f"{index}.yaml")
        for index, entry in enumerate(chain(*(case.objects for case in cases)))
    ]


def told(found):
    """Findings in no order, those of the rules alone."""
    ids = {check.rule.id for check in CHECKS}
    return sorted(repr(one) for one in found if one.rule in ids)


def judged(items, context, split):
    """What rules find in objects under a split of theirs; schemas see one object at a time in any case."""
    by_rules = Streamed(Versions(context.versions, context.versions, ()), split, (), Reading())
    by_rules.schemas.judge = lambda _item: iter(())
    by_rules.take([Tree(items)])
    last = by_rules.related(by_rules.context(by_rules.kept.items))
    return told([*by_rules.found, *map(by_rules.kept.located, last)])


def whole(items, context):
    """What the rules find that see everything."""
    return judged(items, context, together.EVERYTHING)


def apart(items, context):
    """What the rules find in objects that come in batches."""
    texts = [Holding(Stream(json.dumps(item.value).encode(), "")) for item in items]
    return judged(items, context, together.split(survey(texts).words))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_is_judged_alike_in_any_batches(case, monkeypatch):
    """One object after the other, in both orders."""
    monkeypatch.setattr(streamed, "_BATCH", 1)
    items = objects_of([case])
    for order in (items, items[::-1]):
        assert apart(order, casebook.context(case)) == whole(order, casebook.context(case))


@pytest.mark.parametrize("case", CASES[::10], ids=lambda case: case.id)
def test_what_sees_everything_is_the_engine(case):
    """So the two above are no two mistakes of one kind."""
    context = casebook.context(case)
    items = objects_of([case])
    found = engine.run(Context(items, context.features, context.versions))
    assert [one.split("message=")[1] for one in told(found)] == [
        one.split("message=")[1] for one in whole(items, context)
    ]


@given(
    st.lists(st.sampled_from(CASES), min_size=2, max_size=5),
    st.integers(1, 6),
    st.randoms(use_true_random=False),
)
@times(3)
def test_trees_are_judged_alike_in_any_order_and_batches(cases, size, random: Random):
    """Objects of several cases beside each other, in any order."""
    items = objects_of(cases)
    random.shuffle(items)
    context = casebook.context(cases[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streamed, "_BATCH", size)
        assert apart(items, context) == whole(items, context)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_an_incident_is_found_in_batches(folder, monkeypatch):
    """With places, fixes and all."""
    expect = parse((folder.parent / "expect.yaml").read_text(encoding="utf-8"))
    platform = dict(pair.split("=") for pair in expect["platform"].split(","))
    monkeypatch.setattr(streamed, "_BATCH", 1)
    found = audit_paths([folder], Given(platform))
    monkeypatch.setattr(together, "split", lambda _words: together.EVERYTHING)
    assert told(found.findings) == told(audit_paths([folder], Given(platform)).findings)


def test_every_bond_is_one_of_a_rule():
    """A rule that is gone leaves nothing behind."""
    assert set(together._BONDS) <= {check.rule.id for check in CHECKS}


def test_a_tree_without_such_words_keeps_nothing():
    """Not even where there are objects of every kind that rules read."""
    assert together.split(frozenset()).together == ()
    assert together.split(frozenset()).kinds == frozenset()

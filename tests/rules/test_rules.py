"""Every rule against its cases, and against objects of shapes that nobody meant."""

import copy
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstay.check.registry import CHECKS
from backstay.core.route import look_up
from support import casebook
from support.compiler import compile_spec
from support.examples import times
from support.hostile import SHAPES, inner_routes, mapping_in, routes_in, spoilt

_CHECKS = {check.rule.id: check for check in CHECKS}
_CASES = list(casebook.cases())
_ON_OBJECTS = [case for case in _CASES if case.objects]
_JUNK = st.sampled_from(
    [None, True, 7, 1.5, "", "x", "a: b", "{[", [], {}, [None], ["x"], [{}], {"a": "b"}, {"name": 1}]
)


def test_there_are_cases():
    """No cases would pass everything below."""
    assert _CASES
    assert _ON_OBJECTS


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.id)
def test_case(case):
    """The rule finds exactly what the case says, in that order."""
    found = on_spec(case) if case.objects is None else on_objects(case)
    assert not casebook.differences(found, case.findings)


@given(st.data())
@times(3)
def test_no_shape_makes_a_rule_fail(data):
    """A rule survives any value of any shape at any place of an object."""
    case = data.draw(st.sampled_from(_ON_OBJECTS))
    objects = copy.deepcopy(case.objects)
    spoil(data, objects, inner_routes(objects))
    spoilt = replace(case, objects=objects)
    assert all(found.rule == case.rule for found in on_objects(spoilt))


@pytest.mark.parametrize("rule", sorted(_CHECKS))
def test_no_shape_at_any_place_makes_a_rule_fail(rule):
    """As above, but each place of each object in turn, and the shapes that rules stumbled over most."""
    for case in (one for one in _ON_OBJECTS if one.rule == rule and one.before is None and one.spec is None):
        for objects in (objects for junk in SHAPES for objects in spoilt(case.objects, junk)):
            assert all(found.rule == rule for found in on_objects(replace(case, objects=objects)))


@pytest.mark.parametrize("rule", sorted(_CHECKS))
def test_a_rule_finds_nothing_where_there_is_nothing(rule):
    """Neither without any model and object, nor in a cluster that is little but a name."""
    for case in casebook.sparse(rule):
        assert not list(_CHECKS[rule].run(*casebook.seen(case)))


def spoil(data, value, routes):
    """Put junk at one of the routes; or, in a text that holds YAML, somewhere inside of that."""
    route = data.draw(st.sampled_from(routes))
    parent, key = look_up(value, route[:-1]), route[-1]
    inside = mapping_in(parent[key])
    if inside and data.draw(st.booleans()):
        spoil(data, inside, list(routes_in(inside)))
        parent[key] = json.dumps(inside)
    else:
        parent[key] = data.draw(_JUNK)


def on_objects(case):
    """The rule's findings about objects, or about a change of them."""
    check = _CHECKS[case.rule]
    return list(
        check.run(casebook.context(case)) if case.before is None else check.compare(*casebook.change(case))
    )


def on_spec(case):
    """The rule's findings in a whole compile of the base spec with the case's changes."""
    return [found for found in compile_spec(casebook.on_base(case.spec)).findings if found.rule == case.rule]

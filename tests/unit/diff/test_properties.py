"""Laws of the comparison, over objects that nobody wrote."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from backstay.core.manifest import Role
from backstay.diff.stored import against_stored
from backstay.diff.trees import Former, against_tree
from support.planned import Object, changes, obj, planned

KEYS = st.text("abcxyz.-/", min_size=1, max_size=4)
SCALARS = st.one_of(
    st.booleans(), st.integers(-5, 5), st.text("ab1:{} \n", max_size=5), st.sampled_from(["5m", "1Gi", "0"])
)
VALUES = st.recursive(
    SCALARS, lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(KEYS, below, max_size=3)), max_leaves=12
)  # fmt: skip
ENTRIES = st.lists(
    st.fixed_dictionaries({"name": st.text("abc", min_size=1, max_size=3)}, optional={"value": SCALARS, "image": SCALARS}),
    max_size=4, unique_by=lambda entry: entry["name"],
)  # fmt: skip
SPECS = st.dictionaries(KEYS, VALUES, max_size=4).flatmap(
    lambda some: st.fixed_dictionaries({}, optional={"containers": ENTRIES, "env": ENTRIES}).map(lambda more: {**some, **more})
)  # fmt: skip
OBJECTS = st.builds(
    lambda kind, spec: obj(*kind, spec=spec),
    st.sampled_from([("apps/v1", "Deployment"), ("networking.istio.io/v1", "EnvoyFilter")]), SPECS,
)  # fmt: skip
CONFIG_MAPS = st.dictionaries(KEYS, st.text("ab: {}[]\n-'", max_size=12), max_size=3).map(
    lambda data: obj("v1", "ConfigMap", data=data)
)


def grown(value: Any, draw: Any) -> Any:
    """A copy with keys that the plan does not have, wherever a server might put some."""
    if isinstance(value, dict):
        more = {
            f"added-{key}": below for key, below in draw(st.dictionaries(KEYS, SCALARS, max_size=2)).items()
        }
        return {**more, **{key: grown(below, draw) for key, below in value.items()}}
    if isinstance(value, list):
        return [grown(below, draw) for below in value]
    return value


def leaves(value: Any, route: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The routes of all scalars that are no list entry's name."""
    if isinstance(value, dict):
        return [r for key, below in value.items() if key != "name" for r in leaves(below, (*route, key))]
    if isinstance(value, list):
        return [r for index, below in enumerate(value) for r in leaves(below, (*route, index))]
    return [route]


def at(value: Any, route: tuple[Any, ...]) -> Any:
    """What stands at a route."""
    for step in route:
        value = value[step]
    return value


@given(st.one_of(OBJECTS, CONFIG_MAPS), st.sampled_from([Role.OBJECT, Role.PATCH]))
def test_an_object_does_not_differ_from_itself(value: Object, role: Role):
    """Nor from a copy, whatever it holds."""
    assert changes(value, deepcopy(value), role) == []


@given(st.one_of(OBJECTS, CONFIG_MAPS))
def test_a_tree_does_not_differ_from_itself(value: Object):
    """The same both ways."""
    assert (
        list(against_tree([planned(value)], [Former("here", "component/mesh/one.yaml", deepcopy(value))]))
        == []
    )


@given(OBJECTS, st.data())
def test_what_others_add_is_not_told(value: Object, data: st.DataObject):
    """New fields, at any depth, are somebody else's business."""
    actual = grown(value, data.draw)
    assert changes(value, actual) == []


@given(st.one_of(OBJECTS, CONFIG_MAPS), st.data())
def test_a_changed_leaf_is_told_and_nothing_else(value: Object, data: st.DataObject):
    """Whichever it is, with its route, its value and the new one."""
    routes = leaves({key: value[key] for key in ("spec", "data") if key in value})
    if not routes:
        return
    route = data.draw(st.sampled_from(routes))
    actual = deepcopy(value)
    at(actual, route[:-1])[route[-1]] = "something else"
    (change,) = changes(value, actual)
    assert change.field == route
    assert (change.planned, change.actual) == (at(value, route), "something else")


@given(st.lists(OBJECTS, max_size=3), st.randoms(use_true_random=False))
def test_the_order_of_a_snapshot_does_not_matter(values: list[Object], random: Any):
    """Objects are found by what they are."""
    named = [
        {**value, "metadata": {"name": f"n{index}", "namespace": "s"}} for index, value in enumerate(values)
    ]
    shuffled = deepcopy(named)
    random.shuffle(shuffled)
    assert list(against_stored([planned(value) for value in named], shuffled)) == []


@given(
    OBJECTS,
    st.recursive(
        st.none() | SCALARS, lambda b: st.lists(b, max_size=3) | st.dictionaries(KEYS, b, max_size=3)
    ),
)
def test_any_shape_can_be_compared(value: Object, anything: Any):
    """A dump's object may hold anything at all under our keys."""
    found = changes(value, {**value, "spec": anything})
    assert all(change.ref.name == "one" for change in found)

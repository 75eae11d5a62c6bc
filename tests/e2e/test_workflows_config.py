"""The table of what workflow-controller-configmap may hold, against the controller's own parser.

The parser is that of Argo Workflows 3.7; rule KFP023 has to give its verdict on every type that the table lists.
"""

from __future__ import annotations

import json

import pytest

from backstay.check.context import Context, Item
from backstay.check.rules.kfp.kfp023_unreadable_controller_config import check
from backstay.core.manifest import ref_of
from backstay.core.place import Place
from backstay.core.route import show
from backstay.upstream.catalog import features
from backstay.upstream.workflows_config import ROOT, Many, shape
from e2e.support.errors import Failed

pytestmark = pytest.mark.e2e

LINE = "3.7"  # of the module that tests/e2e/toolbox/argoconfig pins
UNKNOWN = "somethingElse"
DURATIONS = {
    "archiveTTL",
    "connMaxLifetime",
    "metricsTTL",
    "initialDelay",
    "sessionExpiry",
}  # they take no null


def known(kind):
    """The fields of a type in this line, each with the steps to a value of its own type."""
    steps = {Many.ONE: (), Many.LIST: (0,), Many.MAPPING: ("any",)}
    return [
        (field, (field.name, *steps[field.many]))
        for field in shape(kind).fields.values()
        if field.known(LINE)
    ]


def routes(kind=ROOT, route=()):
    """Every type that the table lists, at each place where it is reached."""
    yield kind, route
    for field, steps in known(kind):
        if shape(field.type).fields:
            yield from routes(field.type, (*route, *steps))


def everything(kind):
    """A value of a type with every field in it."""
    return {
        field.name: inside(steps[1:], everything(field.type) or ("1h" if field.name in DURATIONS else None))
        for field, steps in known(kind)
    }


def inside(route, value):
    """A value wrapped into the mappings and lists of a route."""
    for step in reversed(route):
        value = [value] if step == 0 else {step: value}
    return value


def data_of(config):
    """The `data` of the ConfigMap that holds a configuration."""
    return {"config": json.dumps(config)}


def judged(config):
    """The fields that KFP023 reports, in words."""
    value = {
        "kind": "ConfigMap",
        "metadata": {"name": "workflow-controller-configmap"},
        "data": data_of(config),
    }
    item = Item(ref_of(value), value, partial=False, file="", place_of=lambda _route: Place())
    context = Context([item], features(workflows=LINE), {"workflows": LINE})
    return [finding.field.removeprefix("data.config.") for finding in check(context)]


def test_every_field_of_the_table_is_read(argo_config):
    """One document with every field of every type at once."""
    config = everything(ROOT)
    assert argo_config(data_of(config))
    assert judged(config) == []


@pytest.mark.parametrize(
    ("kind", "route"), [pytest.param(*pair, id=show(pair[1]) or ROOT) for pair in routes()]
)
def test_no_type_of_the_table_takes_another_field(argo_config, kind, route):
    """A field that nobody knows, and those that other lines know: the controller stops, and the rule says where."""
    others = [field.name for field in shape(kind).fields.values() if not field.known(LINE)]
    for name in (UNKNOWN, *others):
        config = inside((*route, name), None)
        with pytest.raises(Failed, match=f'unknown field "{name}"'):
            argo_config(data_of(config))
        assert judged(config) == [show((*route, name))]

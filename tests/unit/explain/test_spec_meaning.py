"""What the spec says about its own fields."""

import pytest

from backstay.spec.meaning import meaning
from backstay.spec.schema import json_schema


@pytest.mark.parametrize(
    ("route", "words", "default"),
    [
        (("network", "calls", 0, "roundTrip"), "The 99th percentile of a round trip.", "50ms"),
        (("network", "calls", 3, "silentFor"), "The longest time without a byte on the connection that has to be survived.", None),
        (("memory", "pools", "gpu", "evictionHard"), "The kubelet's evictionHard memory.available.", "100Mi"),
        (("memory", "pools", "gpu", "kubeReserved"), "The kubelet's kubeReserved.", "0Mi"),
        (("platform", "pipelines", "multiUser"), "Whether profiles (one namespace a team) are on.", False),
    ],
)  # fmt: skip
def test_a_field_has_a_sentence_and_a_default_as_people_write_it(route, words, default):
    """Through sections, lists, maps of names and short forms."""
    found = meaning(route)
    assert (found.words, found.default) == (words, default)


@pytest.mark.parametrize("route", [("network", "calls", 0, "via", 1), ("metadata", "labels", "env")])
def test_what_people_name_has_the_sentence_of_what_it_is_in(route):
    """`A DNS label` would say nothing about a box on the way."""
    parent = route[:-1]
    assert meaning(route).words == meaning(parent).words != ""


@pytest.mark.parametrize(
    "route", [("netwrok",), ("network", "calls", "silentFor"), ("network", 0), ("kind", "x")]
)
def test_there_is_no_meaning_where_there_is_no_field(route):
    """Misspelt, or a step of the wrong sort."""
    assert meaning(route) is None


def test_the_schema_s_defaults_are_values_that_the_schema_allows():
    """A default of 30000 for a text would be refused by the editor that offers it."""
    fields = [f for model in json_schema()["$defs"].values() for f in model.get("properties", {}).values()]
    texts = [f for f in fields if "string" in types_of(f) and f.get("default") is not None]
    assert texts
    assert all(isinstance(f["default"], str) for f in texts)


def types_of(field):
    """The types that a field may have; an alternative counts as well as the field itself."""
    return {form.get("type") for form in field.get("anyOf", [field])}

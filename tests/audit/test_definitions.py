"""CustomResourceDefinitions of a tree judge its objects, whatever they look like."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backstay.audit.judge import Given, audit_paths, audit_text
from backstay.check.schemas.sound import Unfit, sound
from support.examples import times
from support.repository import SHARED, needs_fixtures

SCHEMA = {
    "type": "object",
    "properties": {"spec": {
        "type": "object", "required": ["size"],
        "properties": {
            "size": {"type": "string", "enum": ["small", "large"]}, "port": {"x-kubernetes-int-or-string": True},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            "count": {"type": "integer", "minimum": 1}, "name": {"type": "string", "pattern": "^[a-z]+$"},
        },
    }},
}  # fmt: skip
SOUND = {"size": "small", "port": "http", "free": {"any": [1]}, "count": 1, "name": "a"}


def definition(schema=SCHEMA, name="v1", **spec):
    """A definition of the kind Widget."""
    version = {"name": name, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": "Widget", "plural": "widgets"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.x.example"},
        "spec": {"group": "x.example", "scope": "Namespaced", "names": names, "versions": [version], **spec},
    }  # fmt: skip


def widget(spec, version="v1", kind="Widget"):
    """An object of it."""
    meta = {"name": "w", "namespace": "a"}
    return {"apiVersion": f"x.example/{version}", "kind": kind, "metadata": meta, "spec": spec}


def audit(*objects):
    """Rule and field of the findings about widgets, and the notes."""
    text = "\n---\n".join(json.dumps(one) for one in objects)
    done = audit_text(text.encode(), Given({"kubernetes": "1.36"}))
    found = [(one.rule, one.field) for one in done.findings if one.object and one.object.kind == "Widget"]
    return found, done.notes


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []), ({"port": 80}, []), ({"port": 1.5}, [("SCH002", "spec.port")]), ({"colour": "red"}, [("SCH001", "spec.colour")]),
        ({"size": "huge"}, [("SCH002", "spec.size")]), ({"count": 0}, [("SCH002", "spec.count")]),
        ({"count": "1"}, [("SCH002", "spec.count")]), ({"name": "A"}, [("SCH002", "spec.name")]),
        ({"size": None}, [("SCH002", "spec.size")]),
    ],
)  # fmt: skip
def test_objects_are_judged_by_the_definition_beside_them(change, found):
    """Unknown fields, types, values, in either order of the documents; and the kind is no stranger."""
    for objects in ((definition(), widget({**SOUND, **change})), (widget({**SOUND, **change}), definition())):
        assert audit(*objects) == (found, [])


def test_a_missing_field_is_found():
    """As the API server would."""
    assert audit(definition(), widget({}))[0] == [("SCH003", "spec.size")]


def test_without_its_definition_a_kind_is_a_stranger():
    """It is said once."""
    found, notes = audit(widget({}), widget({}))
    assert found == []
    assert notes == [
        "no schema of `Widget` under `x.example/v1` is at hand: 2 objects are judged by the rules alone"
    ]


@pytest.mark.parametrize("definitions", [[definition()], [definition(name="v2"), definition()]])
def test_a_version_that_is_not_defined_is_not_served(definitions):
    """The help names those that are."""
    text = "\n---\n".join(json.dumps(one) for one in [*definitions, widget(SOUND, "v3")])
    (one,) = audit_text(text.encode(), Given({"kubernetes": "1.36"})).findings
    assert (one.rule, one.field) == ("SCH004", "apiVersion")
    assert "`x.example/v1`" in one.help


def test_the_finding_says_which_definition_asks(tmp_path):
    """Its file and line."""
    (tmp_path / "crd.json").write_text(json.dumps(definition()))
    (tmp_path / "w.json").write_text(json.dumps(widget({**SOUND, "colour": "red"})))
    (one,) = audit_paths([tmp_path], Given({"kubernetes": "1.36"})).findings
    assert one.place.file.endswith("w.json")
    assert [related.place.file.rpartition("/")[2] for related in one.related] == ["crd.json"]


def test_of_several_definitions_only_what_all_refuse_is_found():
    """Overlays of several clusters carry several releases."""
    wider = json.loads(json.dumps(SCHEMA))
    wider["properties"]["spec"]["properties"]["colour"] = {"type": "string"}
    both = definition(), definition(wider)
    assert audit(*both, widget({**SOUND, "colour": "red"}))[0] == []
    assert audit(*both, widget({**SOUND, "shape": "round"}))[0] == [("SCH001", "spec.shape")]


def nested(levels):
    """A schema of some depth."""
    found = {"type": "string"}
    for _ in range(levels):
        found = {"type": "object", "properties": {"a": found}}
    return found


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (nested(150), "levels deep"), (None, "no schema"), ("x", "no schema"),
        ({"type": "object", "properties": {str(number): {} for number in range(100_001)}}, "more than 100000 parts"),
        ({"type": "object", "properties": {"spec": {"anyOf": [{"type": "string"}] * 101}}}, "alternatives"),
    ],
    ids=["deep", "none", "a text", "large", "alternatives"],
)  # fmt: skip
def test_a_definition_that_cannot_be_held_is_said_and_not_used(schema, words):
    """Its objects are judged by the rules alone."""
    with pytest.raises(Unfit, match=words):
        sound(schema)
    if words not in {"more than 100000 parts", "levels deep"}:
        found, notes = audit(definition(schema), widget({"anything": 1}))
        assert found == []
        assert any("is not judged by" in note for note in notes)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"spec": {"$ref": "https://nowhere.example/x"}}},
        {"type": "object", "properties": {"spec": {"type": "object", "properties": {"a": {"type": "string", "pattern": "(?<=a)b("}}}}},
        {"type": "object", "properties": {"spec": {"type": ["object"], "required": [1, "a"], "enum": []}}},
        {"type": "object", "properties": {"spec": {"minimum": "3", "maxLength": -1, "multipleOf": 0}}},
    ],
    ids=["a reference", "a pattern", "types", "numbers"],
)  # fmt: skip
def test_words_that_no_definition_may_have_judge_nothing(schema):
    """And nothing is fetched."""
    assert audit(definition(schema), widget({"a": "x"}))[0] == []


def test_a_large_object_is_told_by_its_first_error():
    """Each of many wrong values would name all alternatives that the definition has."""
    either = {"anyOf": [{"type": "string", "pattern": f"^x{number}.*y$"} for number in range(90)]}
    schema = {"type": "object", "properties": {"spec": {"type": "object", "additionalProperties": either}}}
    found, _ = audit(definition(schema), widget({f"k{number}": "z" for number in range(3000)}))
    assert len(found) == 1
    found, _ = audit(definition(schema), widget({f"k{number}": "z" for number in range(30)}))
    assert len(found) == 30


WORDS = st.sampled_from(
    ("type", "properties", "items", "required", "enum", "anyOf", "allOf", "oneOf", "not", "additionalProperties", "pattern",
     "minimum", "maxLength", "nullable", "format", "default", "x-kubernetes-int-or-string", "$ref", "spec", "a",
     "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource", "exclusiveMinimum", "status", "metadata")
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 2**40), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["object", "string", "integer", "array", "(", "a{1000}{1000}", "int32", "byte", "#/x"]),
)  # fmt: skip
SCHEMAS = st.recursive(
    SCALARS, lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(WORDS, below, max_size=5)), max_leaves=30
)  # fmt: skip


@given(SCHEMAS, SCHEMAS)
@example({"enum": [None]}, 1)
@times(1.5)
def test_any_definition_is_judged_by_or_is_not(schema, spec):
    """Never a fault of ours."""
    found, notes = audit(definition(schema), widget(spec))
    assert all(rule.startswith("SCH") for rule, _ in found)
    assert all(isinstance(note, str) for note in notes)


@needs_fixtures
@pytest.mark.parametrize(
    "name", sorted(one.name for one in (SHARED / "fixtures/crds").glob("*")) if SHARED.exists() else []
)
def test_upstream_definitions_are_sound_and_fit(name):
    """Each can be judged by, and none is a finding itself."""
    done = audit_paths([SHARED / "fixtures/crds" / name], Given({"kubernetes": "1.36"}))
    assert done.findings == []
    assert done.objects

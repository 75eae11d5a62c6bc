"""How CustomResourceDefinitions become strict JSON Schemas, and how these are kept."""

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from backstay.check.schemas import shelf
from backstay.check.schemas.structural import convert, strict
from backstay.check.schemas.walk import map_schemas
from support.repository import NO_FIXTURES

ROOT = Path(__file__).parents[3]
CRDS = ROOT.parent / "shared" / "fixtures" / "crds"
sys.path.insert(0, str(ROOT / "tools"))  # the tools are scripts: they are imported as they import each other

import extract_schemas  # noqa: E402 - after the path that makes it importable
import structural  # noqa: E402 - as above

REF_META = {"$ref": "#/$defs/ObjectMeta"}


def test_an_object_takes_the_fields_it_names_and_no_others():
    """What would be pruned is refused, in objects without any field too."""
    node = {"type": "object", "properties": {"a": {"type": "string", "description": "words"}}}
    assert convert(node) == {
        "type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False
    }  # fmt: skip
    assert convert({"type": "object"}) == {"type": "object", "additionalProperties": False}


@pytest.mark.parametrize(
    "opening", [{"x-kubernetes-preserve-unknown-fields": True}, {"additionalProperties": True}]
)
def test_an_open_object_judges_only_what_it_names(opening):
    """Unknown fields pass; known ones are judged all the same."""
    node = {"type": "object", "properties": {"a": {"type": "string"}}, **opening}
    assert convert(node) == {"type": "object", "properties": {"a": {"type": "string"}}}


def test_a_map_judges_its_values():
    """`additionalProperties` with a schema."""
    node = {"type": "object", "additionalProperties": {"type": "integer", "format": "int32", "default": 1}}
    assert convert(node)["additionalProperties"] == {"type": "integer", "format": "int32"}


def test_a_default_makes_a_field_optional():
    """Defaults are filled in before `required` is looked at."""
    node = {
        "type": "object",
        "required": ["b", "a"],
        "properties": {"a": {"type": "string"}, "b": {"type": "string", "default": "x"}},
    }
    assert convert(node)["required"] == ["a"]
    node["required"] = ["b"]
    assert "required" not in convert(node)


def test_special_types_are_spelled_out():
    """Integer or string, nullable, nullable enums, exclusive bounds, lists; formats nobody judges are dropped."""
    assert convert({"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}], "pattern": "a"}) == {
        "type": ["integer", "string"], "pattern": "a"
    }  # fmt: skip
    assert convert({"type": "string", "nullable": True, "enum": ["a"]}) == {
        "type": ["string", "null"], "enum": ["a", None]
    }  # fmt: skip
    assert convert({"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 1, "format": "double"}) == {
        "type": "number", "exclusiveMinimum": 0, "maximum": 1
    }  # fmt: skip
    assert convert({"type": "array", "items": {"type": "string", "format": "byte"}, "maxItems": 2}) == {
        "type": "array", "items": {"type": "string", "format": "byte"}, "maxItems": 2
    }  # fmt: skip


def test_an_embedded_resource_is_a_resource():
    """It has a type and Kubernetes' metadata whatever its schema names."""
    found = convert({"type": "object", "x-kubernetes-embedded-resource": True})
    assert found["required"] == ["apiVersion", "kind"]
    assert found["properties"]["metadata"] == REF_META
    assert found["additionalProperties"] is False


def test_logical_keywords_close_nothing():
    """Below `oneOf` and its kin a schema asks of values; what it does not name is none of its business."""
    branch = {"properties": {"a": {"enum": ["x"]}}, "required": ["a"]}
    node = {"type": "object", "properties": {"a": {"type": "string"}}, "oneOf": [branch, {"not": branch}]}
    found = convert({**node, "allOf": [{"items": {"type": "string"}}]})
    assert found["oneOf"] == [branch, {"not": branch}]
    assert found["allOf"] == [{"items": {"type": "string"}}]


def test_a_whole_resource_has_metadata_and_leaves_its_status_open():
    """Controllers write `status`; ObjectMeta is filled in for the cluster's version."""
    root = {
        "type": "object",
        "properties": {"status": {"type": "object", "properties": {"a": {"type": "string"}}}},
    }
    found = strict(root)
    assert found["properties"] == {
        "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": REF_META, "status": {"type": "object"}
    }  # fmt: skip


def test_a_field_that_a_webhook_fills_is_not_required():
    """Lists on the way are stepped into; a field that is required no more is a mistake in the table."""
    rule = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    root = {"properties": {"spec": {"properties": {"rules": {"type": "array", "items": rule}}}}}
    structural.forgive(root, "spec.rules.name")
    assert rule["required"] == []
    with pytest.raises(ValueError, match="not in list"):
        structural.forgive(root, "spec.rules.name")


SCHEMAS = st.recursive(
    st.sampled_from([{"type": "string"}, {"type": "integer", "minimum": 3}, {"enum": ["a", "b"]}]),
    lambda below: (
        st.fixed_dictionaries(
            {
                "type": st.just("object"),
                "properties": st.dictionaries(st.sampled_from("abc"), below, max_size=3),
            },
            optional={"required": st.just(["a"]), "additionalProperties": st.sampled_from([False])},
        )
        | st.fixed_dictionaries({"type": st.just("array"), "items": below})
    ),
    max_leaves=12,
)
VALUES = st.recursive(
    st.sampled_from(["a", 1, 5, None]),
    lambda below: st.dictionaries(st.sampled_from("abc"), below, max_size=3) | st.lists(below, max_size=2),
    max_leaves=8,
)


@given(SCHEMAS, VALUES)
def test_the_compact_form_judges_alike(schema, value):
    """Writing repeated parts once changes no verdict."""
    root = {"type": "object", "properties": {"one": schema, "two": schema, "three": {"items": schema}}}
    compact = structural.compact(root)
    for place in ("one", "three"):
        wrapped = {place: [value] if place == "three" else value}
        plain = Draft202012Validator(root).is_valid(wrapped)
        assert Draft202012Validator(compact).is_valid(wrapped) == plain


@given(SCHEMAS)
def test_the_compact_form_repeats_nothing(schema):
    """Every part under `$defs` is needed twice or more."""
    compact = structural.compact({"properties": {"one": schema, "two": schema}})
    text = json.dumps(compact)
    assert all(text.count(f'"#/$defs/{name}"') > 1 for name in compact.get("$defs", {}))


def crd(*versions: str, served: bool = True, kind: str = "One", **properties) -> dict:
    """The spec of a CustomResourceDefinition."""
    schema = {"openAPIV3Schema": {"type": "object", "properties": properties}}
    rows = [{"name": version, "served": served, "schema": schema} for version in versions]
    return {"group": "example.com", "names": {"kind": kind}, "versions": rows}


def test_only_served_versions_of_wanted_kinds_are_taken():
    """What nobody can apply has no schema."""
    taken = dict(extract_schemas.served(crd("v1", "v2"), {}))
    assert list(taken) == ["example.com/v1/One", "example.com/v2/One"]
    assert list(extract_schemas.served(crd("v1", served=False), {})) == []
    assert list(extract_schemas.served(crd("v1"), {"kinds": ["Two"]})) == []


def test_equal_schemas_are_written_once(tmp_path):
    """A file holds for every API version and every product version in which the schema is the same."""
    kept = extract_schemas.Shelf(tmp_path / "one")
    (tmp_path / "one").mkdir()
    kept.add("1.0", {"g/v1/One": "A", "g/v2/One": "A"})
    kept.add("1.1", {"g/v1/One": "A", "g/v2/One": "B"})
    kept.add("1.2", {"g/v2/One": "B"})
    assert kept.since == {
        "g/v1/One": [["1.0", "one/One-v1-from-1.0.json"], ["1.2", None]],
        "g/v2/One": [["1.0", "one/One-v1-from-1.0.json"], ["1.1", "one/One-v2-from-1.1.json"]],
    }
    assert sorted(file.name for file in (tmp_path / "one").iterdir()) == [
        "One-v1-from-1.0.json",
        "One-v2-from-1.1.json",
    ]


def test_every_file_on_the_shelf_is_reached_and_read():
    """The index names all files, no others, and each is a schema that compiles."""
    index = json.loads((shelf.FOLDER / "index.json").read_text())
    named = {file for kind in index["kinds"].values() for _, file in kind["since"] if file}
    there = {str(file.relative_to(shelf.FOLDER)) for file in shelf.FOLDER.glob("*/*.json")}
    assert named | {"kustomize/Kustomization.json"} == there
    assert len(there) > 100
    for file in sorted(there):
        schema = shelf.read(file)
        Draft202012Validator({**schema, "$defs": {"ObjectMeta": {}, **schema.get("$defs", {})}})
        assert schema["additionalProperties"] is False


def test_every_module_is_named_in_the_notice():
    """The licences ask for it."""
    index = json.loads((shelf.FOLDER / "index.json").read_text())
    modules = [
        one["module"] for project in index["projects"].values() for one in project["versions"].values()
    ]
    notice = (shelf.FOLDER / "NOTICE").read_text()
    assert modules
    assert all(module in notice for module in modules)


@pytest.mark.parametrize(
    ("folder", "project", "line"),
    [
        ("istio-1.31.0-rc.0", "istio", "1.31"),
        ("jobset-0.12.0", "jobset", "0.12"),
        ("kueue-0.19.2", "kueue", "0.19"),
        ("medik8s-nhc-0.12.0", "node-healthcheck-operator", "0.12"),
        ("flux-kustomize-controller-1.9.4", "kustomize-controller", "2.9"),
    ],
)
def test_the_shelf_agrees_with_independent_copies(folder, project, line):
    """The same definitions, fetched by somebody else, come out as the same schemas."""
    if not CRDS.is_dir():
        pytest.skip(NO_FIXTURES)
    table = extract_schemas.tomllib.loads((ROOT / "tools" / "schemas.toml").read_text())["project"][project]
    for file in sorted((CRDS / folder).glob("*.yaml")):
        for document in extract_schemas.yaml.load_all(file.read_bytes(), extract_schemas.Loader):
            for key, text in extract_schemas.served(document["spec"], table):
                api_version, _, kind = key.rpartition("/")
                held = shelf.entry(api_version, kind)
                assert held is not None, key
                assert expanded(shelf.read(held.file(line))) == expanded(json.loads(text)), key


def expanded(schema: dict) -> dict:
    """A compact schema with every part where it is needed, so that two of them compare."""
    parts = schema.pop("$defs", {})

    def expand(node):
        name = node.get("$ref", "").rpartition("/")[2]
        return expand(parts[name]) if name in parts else map_schemas(node, expand)

    return expand(schema)

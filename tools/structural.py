"""A CustomResourceDefinition's structural schema as a strict JSON Schema (draft 2020-12), and its compact form.

What the API server does with a structural schema decides the translation (k8s.io/apiextensions-apiserver
pkg/apiserver: schema/pruning, schema/defaulting, validation):

- an object takes the fields it names and no others, unless `x-kubernetes-preserve-unknown-fields` or
  `additionalProperties` opens it; `fieldValidation=Strict` refuses what would be pruned;
- defaults are filled in before `required` is looked at, so a field with a default is never missing;
- `format` is judged for the words of validation/formats.go and for integer ranges only;
- inside `allOf`, `anyOf`, `oneOf` and `not` a schema judges values and closes nothing.

Left out: descriptions and defaults; `status`, which controllers write; `x-kubernetes-validations` (CEL) and
`x-kubernetes-list-map-keys` (uniqueness), for which JSON Schema has no words.
"""

from __future__ import annotations

import json
from collections import Counter

from backstay.check.schemas.walk import Schema, map_schemas

OBJECT_META = {"$ref": "#/$defs/ObjectMeta"}
"""The place of Kubernetes' own ObjectMeta, which the reader fills in for the cluster's version."""

_KEPT = (
    "maxItems", "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum",
    "multipleOf", "pattern", "uniqueItems",
)  # fmt: skip
_FORMATS = ("byte", "date-time", "int32", "int64", "ipv4", "ipv6")
_SHARED_FROM = 60  # characters: a smaller schema costs less where it stands than a reference and its name


def strict(root: Schema) -> Schema:
    """The JSON Schema of a whole custom resource from its `openAPIV3Schema`."""
    meta = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
    whole = convert({**root, "type": "object", "properties": root.get("properties", {}) | meta})
    whole["properties"]["metadata"] = OBJECT_META
    if "status" in whole["properties"]:
        whole["properties"]["status"] = {"type": "object"}
    return whole


def forgive(root: Schema, field: str) -> None:
    """No longer require a field, given as `spec.rules.name`; lists on the way are stepped into."""
    *above, name = field.split(".")
    for step in above:
        root = root["properties"][step]
        root = root.get("items", root)
    root["required"].remove(name)


def convert(node: Schema) -> Schema:
    """A structural schema below the root."""
    found = _values(node)
    if node.get("x-kubernetes-int-or-string"):
        found["type"] = ["integer", "string"]
        found.pop("anyOf", None)
    if "items" in node:
        found["items"] = convert(node["items"])
    if node.get("type") == "object":
        found.update(_object(node))
    if not found.get("required", True):
        del found["required"]
    if node.get("nullable") and "type" in found:
        found["type"] = [found["type"], "null"]
    return found


def _object(node: Schema) -> Schema:
    below = node.get("properties", {})
    properties = {name: convert(part) for name, part in below.items()}
    required = {name for name in node.get("required", []) if "default" not in below.get(name, {})}
    if node.get("x-kubernetes-embedded-resource"):
        properties |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": OBJECT_META}
        required |= {"apiVersion", "kind"}
    found: Schema = {"required": sorted(required)}
    if properties:
        found["properties"] = properties
    more = node.get("additionalProperties", node.get("x-kubernetes-preserve-unknown-fields", False))
    if more is not True:
        found["additionalProperties"] = convert(more) if more else False
    return found


def _values(node: Schema) -> Schema:
    """The keywords that judge a value wherever they stand; `_object` and `_logical` add the others."""
    found: Schema = {key: node[key] for key in _KEPT if key in node}
    if node.get("type"):
        found["type"] = node["type"]
    if "enum" in node:
        found["enum"] = [*node["enum"], None] if node.get("nullable") else node["enum"]
    if "required" in node:
        found["required"] = sorted(node["required"])
    if node.get("format") in _FORMATS:
        found["format"] = node["format"]
    for key in ("allOf", "anyOf", "oneOf"):
        if key in node:
            found[key] = [_logical(branch) for branch in node[key]]
    if "not" in node:
        found["not"] = _logical(node["not"])
    return _exclusive(node, found)


def _logical(node: Schema) -> Schema:
    """A schema under a logical keyword: it asks of values and names no fields of its own."""
    found = _values(node)
    if "properties" in node:
        found["properties"] = {name: _logical(part) for name, part in node["properties"].items()}
    if "items" in node:
        found["items"] = _logical(node["items"])
    return found


def _exclusive(node: Schema, found: Schema) -> Schema:
    """OpenAPI's `exclusiveMinimum: true` as the number that draft 2020-12 wants there."""
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if node.get(exclusive):
            found[exclusive] = found.pop(bound)
    return found


def compact(schema: Schema) -> Schema:
    """The same schema with every part that occurs more than once written once, under `$defs`.

    Names count the parts in the order of first need, so the same schema always comes out the same.
    """
    parts: list[Schema] = []
    known: dict[str, int] = {}

    def intern(node: Schema) -> Schema:
        small = map_schemas(node, intern)
        text = json.dumps(small, sort_keys=True)
        if len(text) < _SHARED_FROM or "$ref" in node:
            return small
        if text not in known:
            known[text] = len(parts)
            parts.append(small)
        return {"$part": known[text]}

    return _spelled(map_schemas(schema, intern), parts)


def _spelled(top: Schema, parts: list[Schema]) -> Schema:
    uses = _uses(top, parts)
    names: dict[int, str] = {}
    defs: dict[str, Schema] = {}

    def spell(node: Schema) -> Schema:
        part = node.get("$part")
        if part is None:
            return map_schemas(node, spell)
        if uses[part] == 1:
            return spell(parts[part])
        if part not in names:
            names[part] = f"part{len(names) + 1}"
            defs[names[part]] = spell(parts[part])
        return {"$ref": f"#/$defs/{names[part]}"}

    whole = map_schemas(top, spell)
    return {**whole, "$defs": defs} if defs else whole


def _uses(top: Schema, parts: list[Schema]) -> Counter[int]:
    """How often each part is asked for, counting a part's own needs once however often it is used itself."""
    uses: Counter[int] = Counter()

    def count(node: Schema) -> Schema:
        part = node.get("$part")
        if part is None:
            return map_schemas(node, count)
        uses[part] += 1
        if uses[part] == 1:
            count(parts[part])
        return node

    map_schemas(top, count)
    return uses

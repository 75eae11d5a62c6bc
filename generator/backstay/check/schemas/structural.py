"""A CustomResourceDefinition's structural schema as a strict JSON Schema (draft 2020-12).

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

from backstay.check.schemas.walk import Schema

OBJECT_META = {"$ref": "#/$defs/ObjectMeta"}
"""The place of Kubernetes' own ObjectMeta, which the reader fills in for the cluster's version."""

_KEPT = (
    "maxItems", "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum",
    "multipleOf", "pattern", "uniqueItems",
)  # fmt: skip
_FORMATS = ("byte", "date-time", "int32", "int64", "ipv4", "ipv6")


def strict(root: Schema) -> Schema:
    """The JSON Schema of a whole custom resource from its `openAPIV3Schema`."""
    meta = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
    whole = convert({**root, "type": "object", "properties": root.get("properties", {}) | meta})
    whole["properties"]["metadata"] = OBJECT_META
    if "status" in whole["properties"]:
        whole["properties"]["status"] = {"type": "object"}
    return whole


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

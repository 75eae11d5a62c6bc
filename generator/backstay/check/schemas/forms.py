"""The forms a schema is compiled in: for whole objects, and for patches, which are parts of objects."""

from backstay.check.schemas.walk import Schema, map_schemas

_BOUNDS = {
    "int32": {"minimum": -(2**31), "maximum": 2**31 - 1},
    "int64": {"minimum": -(2**63), "maximum": 2**63 - 1},
}
_WHOLE_ONLY = frozenset({"allOf", "anyOf", "minItems", "minProperties", "not", "oneOf", "required"})
# kustomize acts on this directive and passes all others of Kubernetes through into the object (kyaml/yaml/merge2).
_DIRECTIVE: Schema = {"$patch": {"enum": ["delete", "merge", "replace"]}}
_IS_MARKER: Schema = {"properties": {"$patch": {"const": "replace"}}, "required": ["$patch"]}


def whole(schema: Schema) -> Schema:
    """With integer formats as the ranges they stand for: a number beyond them cannot be decoded."""
    found = map_schemas(schema, whole)
    return _BOUNDS.get(found.get("format", ""), {}) | found


def partial(schema: Schema) -> Schema:
    """For a strategic merge patch: nothing is required but the key that says which list element is meant.

    Without that key kustomize empties the list. What speaks of a whole (required fields, fields that exclude
    each other, least sizes) is left out. Field names, types and values are judged as ever.
    """
    found = map_schemas({key: word for key, word in schema.items() if key not in _WHOLE_ONLY}, partial)
    if found.get("additionalProperties") is False:
        found["properties"] = found.get("properties", {}) | _DIRECTIVE
    key = found.get("x-kubernetes-patch-merge-key")
    if key and "items" in found:
        found["items"] |= {"if": {"not": _IS_MARKER}, "then": {"required": [key]}}
    return found

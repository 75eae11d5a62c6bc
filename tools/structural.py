"""A strict schema in its compact form, and the few upstream definitions that ask for more than their webhooks do."""

from __future__ import annotations

import json
from collections import Counter

from backstay.check.schemas.walk import Schema, map_schemas

_SHARED_FROM = 60  # characters: a smaller schema costs less where it stands than a reference and its name


def forgive(root: Schema, field: str) -> None:
    """No longer require a field, given as `spec.rules.name`; lists on the way are stepped into."""
    *above, name = field.split(".")
    for step in above:
        root = root["properties"][step]
        root = root.get("items", root)
    root["required"].remove(name)


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

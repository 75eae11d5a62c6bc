"""Reading plain values of unknown shape: what is absent or of another shape reads as empty.

Istio's own parsers accept a protobuf field under its own name (`idle_timeout`) and under its JSON name
(`idleTimeout`), so `part` and everything above it asks for the former and finds either.
"""

from collections.abc import Mapping

from backstay.core.manifest import Plain

Struct = dict[str, Plain]


def camel(name: str) -> str:
    """The JSON name of a protobuf field: `http2_keep_alive` is `http2KeepAlive`."""
    head, *rest = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)


def part(value: object, name: str) -> Plain:
    """The field `name` (in snake case) of a struct, under either spelling; None when it is not there."""
    if not isinstance(value, Mapping):
        return None
    found: Plain = value.get(name, value.get(camel(name)))
    return found


def struct(value: object, *names: str) -> Struct:
    """The struct at the end of the way `names`; empty when there is none."""
    for name in names:
        value = part(value, name)
    return value if isinstance(value, dict) else {}


def structs(value: object, *names: str) -> list[Struct]:
    """The structs in the list at the end of the way `names`."""
    *way, last = names
    found = part(struct(value, *way), last)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def text(value: object, *names: str) -> str:
    """The text at the end of the way `names`; empty when there is none."""
    *way, last = names
    found = part(struct(value, *way), last)
    return found if isinstance(found, str) else ""


def number(value: object, *names: str) -> int:
    """The whole number at the end of the way `names`; 0 when there is none, as protobuf has it."""
    *way, last = names
    found = part(struct(value, *way), last)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def texts(value: object, *names: str) -> list[str]:
    """The texts in the list at the end of the way `names`."""
    *way, last = names
    found = part(struct(value, *way), last)
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def labels(value: object, *names: str) -> dict[str, str]:
    """The text-to-text map at the end of the way `names`, such as a label selector."""
    return {key: item for key, item in struct(value, *names).items() if isinstance(item, str)}


def opened(owner: Struct, *names: str) -> Struct:
    """The struct at the end of the way `names`, made where it is not there, to be edited in place."""
    for name in names:
        inner = struct(owner, name)
        owner[name] = inner
        owner = inner
    return owner


def become(value: Struct, new: Struct) -> Struct:
    """Make a struct that others hold equal to another, as istiod does when it edits in place."""
    kept = dict(new)
    value.clear()
    value.update(kept)
    return value


def store(owner: Struct, name: str, items: list[Struct]) -> None:
    """Put a list of structs into a field; an empty list does not make the field appear."""
    if items or name in owner:
        plain: list[Plain] = [*items]
        owner[name] = plain

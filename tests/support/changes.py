"""What differs between two plain values, leaf by leaf, with paths that a person can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

GONE = "(gone)"


def leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every scalar with its path, and every mapping as an empty one, so that even an empty one counts.

    Entries of a list go by their `name` where they have one, by their number otherwise.
    """
    if isinstance(value, Mapping):
        yield path, {}
        for key, below in value.items():
            yield from leaves(below, f"{path}/{key}" if path else str(key))
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for index, below in enumerate(value):
            name = below.get("name", index) if isinstance(below, Mapping) else index
            yield from leaves(below, f"{path}/{name}")
    else:
        yield path, value


def changes(before: object, after: object) -> dict[str, object]:
    """What `after` says anew or otherwise, by path; `GONE` where it says nothing any more."""
    old, new = dict(leaves(before)), dict(leaves(after))
    return {path: new.get(path, GONE) for path in old | new if old.get(path, GONE) != new.get(path, GONE)}

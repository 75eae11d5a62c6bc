"""The fields of an output file, YAML inside texts included, and how people may name them."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from backstay.core.fact import Origin
from backstay.core.manifest import Origins, Plain, Role, Settled
from backstay.core.route import Route, read, show
from backstay.explain.failure import Unknown, listed
from backstay.text.yaml import parse


@dataclass(frozen=True, slots=True)
class Field:
    """One leaf: its way from the root (on into a text's own YAML), the same with items by their names, its value.

    Its origins come most decisive first; there is always one.
    """

    route: Route
    named: Route
    value: Plain
    origins: tuple[Origin, ...]


def fields(settled: Settled) -> Iterator[Field]:
    """Every leaf of a file in order; an empty container counts as one."""
    return _Walk(settled).of(settled.value, (), (), settled.origins, ())


class _Walk:
    """One walk through a file. `base` is where the text begins whose `origins` are at hand."""

    def __init__(self, settled: Settled) -> None:
        self._settled = settled

    def of(self, value: Plain, route: Route, named: Route, origins: Origins, base: Route) -> Iterator[Field]:
        steps = list(self._steps(value))
        inside = _inside(value)
        if inside is not None:
            yield from self._text(inside, route, named, origins, base)
        elif not steps:
            yield Field(route, named, value, self._origins(route[len(base) :], origins))
        for step, name, below in steps:
            yield from self.of(below, (*route, step), (*named, name), origins, base)

    def _steps(self, value: Plain) -> Iterator[tuple[str | int, str | int, Plain]]:
        if isinstance(value, dict):
            yield from ((key, key, below) for key, below in value.items())
        elif isinstance(value, list):
            yield from ((index, self._name(below, index), below) for index, below in enumerate(value))

    def _name(self, item: Plain, index: int) -> str | int:
        """What tells an item from its neighbours; the lists of a kustomization are sets of files."""
        if isinstance(item, dict):
            return next((str(item[key]) for key in ("name", "path") if isinstance(item.get(key), str)), index)
        return item if isinstance(item, str) and self._settled.role is Role.KUSTOMIZE else index

    def _text(
        self, inside: dict[str, Plain], route: Route, named: Route, origins: Origins, base: Route
    ) -> Iterator[Field]:
        own = self._settled.nested.get(route) if not base else None
        if own is not None:
            yield from self.of(inside, route, named, own, route)
            return
        whole = self._origins(route[len(base) :], origins)
        yield from self.of(inside, route, named, {(): whole}, route)

    def _origins(self, route: Route, origins: Origins) -> tuple[Origin, ...]:
        """The leaf's own, else those of the nearest container above, else the file's."""
        above = (origins.get(route[:end]) for end in range(len(route), -1, -1))
        return next((found for found in above if found), (self._settled.origin,))


def _inside(value: Plain) -> dict[str, Plain] | None:
    """The mapping that a text of several lines holds; None for any other value."""
    if not isinstance(value, str) or "\n" not in value:
        return None
    try:
        found = parse(value)
    except ValueError:
        return None
    return found if isinstance(found, dict) and found else None


def select(settled: Settled, wanted: str) -> list[Field]:
    """The fields that a person means by `wanted`: a way from the root, or the end of one that is unique here.

    Items of lists go by index or name, as in `env[0].value`, `env[MINIO_HOST].value` or just `MINIO_HOST`.
    Raises `Unknown` when there is none, or several.
    """
    found = list(fields(settled))
    plain = dotted(wanted)
    exact = [one for one in found if any(_starts(_dots(way), plain) for way in (one.route, one.named))]
    if exact:
        return exact
    ends = _ending(found, plain)
    if len(ends) > 1:
        names = [show(end) for end in ends]
        raise Unknown(
            f"`{wanted}` is the end of {len(names)} fields of {settled.file}",
            f"name one of them:{listed(names)}",
        )
    if not ends:
        raise Unknown(f"no field `{wanted}` in {settled.file}", _nearest(wanted, found))
    return [one for one in found if one.route[: len(ends[0])] == ends[0]]


def dotted(text: str) -> str:
    """A field as people write it, with nothing but dots between the steps."""
    route = read(text)
    return (
        text.replace("[", ".").replace("]", "").replace('"', "").strip(".") if route is None else _dots(route)
    )


def _dots(route: Route) -> str:
    return ".".join(map(str, route))


def _starts(way: str, wanted: str) -> bool:
    return way == wanted or way.startswith(f"{wanted}.")


def _ending(found: list[Field], wanted: str) -> list[Route]:
    """The fields and containers whose way ends as wanted, each once."""
    ends: dict[Route, None] = {}
    for one in found:
        for length in range(1, len(one.route) + 1):
            ways = (one.route[:length], one.named[:length])
            if any(_dots(way).endswith(f".{wanted}") for way in ways):
                ends[one.route[:length]] = None
    return list(ends)


def _nearest(wanted: str, found: list[Field]) -> str:
    ways = dict.fromkeys(show(one.route[:length]) for one in found for length in range(1, len(one.route) + 1))
    near = difflib.get_close_matches(wanted, ways, n=3, cutoff=0.5)
    lasts = {str(step): None for one in found for step in (*one.route, *one.named) if isinstance(step, str)}
    near += [
        name for name in difflib.get_close_matches(wanted.rsplit(".", 1)[-1], lasts, n=3) if name not in near
    ]
    return f"did you mean:{listed(near)}" if near else "leave the field out to see all of them"


def short_names(settled: Settled) -> dict[Route, str]:
    """For each field the shortest end of its way by which `select` finds it and nothing else."""
    found = list(fields(settled))
    owners: dict[str, set[Route]] = {}
    for one in found:
        for length in range(1, len(one.route) + 1):
            for way in (one.route[:length], one.named[:length]):
                for start in range(length):
                    owners.setdefault(_dots(way[start:]), set()).add(one.route[:length])
    return {one.route: _short(one, owners) for one in found}


def _short(one: Field, owners: dict[str, set[Route]]) -> str:
    starts = range(len(one.named) - 1, -1, -1)
    unique = (
        start
        for start in starts
        if isinstance(one.named[start], str) and owners[_dots(one.named[start:])] == {one.route}
    )
    return spelt(one, next(unique, 0))


def spelt(one: Field, start: int = 0) -> str:
    """A field's way (or its end) with items by their names, as `select` reads it back."""
    steps = zip(one.route[start:], one.named[start:], strict=True)
    first, *rest = (f"[{name}]" if isinstance(step, int) else f".{name}" for step, name in steps)
    return (str(one.named[start]) if isinstance(one.named[start], str) else first) + "".join(rest)

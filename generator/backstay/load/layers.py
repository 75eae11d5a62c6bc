"""Layers: how a spec is made of documents, and which of them wrote what.

The rule of the merge, for documents in order (see docs/decisions/0002-profile-lists.md):

- mappings merge key by key;
- any other value replaces what is below it, lists as a whole;
- a list written as `{append: [...]}` goes behind the list below it;
- `null` takes away what is below it; with nothing below it is an ordinary value.

`merge` makes the value; `trace` follows one route through the same layers and says who wrote it, so that no map
of all writers has to be built for a cluster that nobody asks about.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, cast

from backstay.core.manifest import Plain
from backstay.core.route import Route, look_up

APPEND: Final = "append"


def merge(below: dict[str, Plain], above: dict[str, Plain]) -> dict[str, Plain]:
    """The mapping with a further layer on top; neither argument is changed, parts of both are shared."""
    whole = dict(below)
    for key, value in above.items():
        if value is None and key in whole:
            del whole[key]
        else:
            whole[key] = _on(whole.get(key), value)
    return whole


def _on(below: Plain, value: Plain) -> Plain:
    if not isinstance(value, dict):
        return value
    if isinstance(below, dict):
        return merge(below, value)
    more = appended(value)
    if more is not None:
        return [*below, *more] if isinstance(below, list) else more
    return merge({}, value)


def appended(value: Plain) -> list[Plain] | None:
    """The list of an `{append: [...]}`, None for anything else."""
    more = value.get(APPEND) if isinstance(value, dict) and len(value) == 1 else None
    return more if isinstance(more, list) else None


@dataclass(frozen=True, slots=True)
class Layer:
    """What one document, the `index`th, says at a `route` of its own."""

    index: int
    value: Plain
    route: Route = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """The layers that make up the value at a route, lowest first, and those that were overridden there.

    `rest` is what is left of the route when nothing exists further down.
    """

    live: tuple[Layer, ...]
    lost: tuple[Layer, ...] = ()
    rest: Route = ()


def trace(layers: Iterable[Mapping[str, Plain]], route: Route) -> Trace:
    """Follow a route of the merged value; past its end, the trace is that of the closest existing parent."""
    here = Trace(tuple(Layer(index, dict(value)) for index, value in enumerate(layers)))
    for done, key in enumerate(route):
        if isinstance(key, int):
            return _in_list(here, key, route[done:])
        below = _entry(here, key)
        if not below.live:
            return Trace(here.live, below.lost, route[done:])
        here = below
    return here


def _entry(here: Trace, key: str) -> Trace:
    lost = [below for layer in here.lost for below in _below(layer, key)]
    live: list[Layer] = []
    for layer in here.live:
        for below in _below(layer, key):
            kept = _fold(live, below)
            stays = {layer.index for layer in kept}
            lost += [old for old in (*live, below) if old.index not in stays]
            live = kept
    return Trace(tuple(live), tuple(lost))


def _fold(live: list[Layer], above: Layer) -> list[Layer]:
    """The layers that make up a value with one more on top: the same rule as `_on`."""
    below = live[-1].value if live else None
    if above.value is None and live:
        return []
    if isinstance(below, dict) and isinstance(above.value, dict):
        return [*live, above]
    more = appended(above.value)
    if more is None or isinstance(below, dict):
        return [above]
    tail = Layer(above.index, more, (*above.route, APPEND))
    return [*live, tail] if isinstance(below, list) else [tail]


def _in_list(here: Trace, index: int, rest: Route) -> Trace:
    """Follow a route that begins with an index: layers of one list stand behind each other, each with its items.

    From there on one layer alone is meant, and nothing in it is merged.
    """
    for layer in here.live:
        items = layer.value if isinstance(layer.value, list) else []
        if index < len(items):
            return _within(layer, (index, *rest[1:]))
        index -= len(items)
    return Trace(here.live, (), rest)


def _within(layer: Layer, rest: Route) -> Trace:
    for done, step in enumerate(rest):
        try:
            value = look_up(layer.value, (step,))
        except KeyError:
            return Trace((layer,), (), rest[done:])
        layer = Layer(layer.index, cast("Plain", value), (*layer.route, step))
    return Trace((layer,))


def _below(layer: Layer, key: str) -> list[Layer]:
    """What a layer says under a key: one layer or none."""
    if isinstance(layer.value, dict) and key in layer.value:
        return [Layer(layer.index, layer.value[key], (*layer.route, key))]
    return []

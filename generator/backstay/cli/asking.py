"""Which fields of which specs a person asks about."""

import os
from dataclasses import dataclass
from pathlib import Path

from backstay.cli.explaining import knows, name_of
from backstay.cli.loading import no_such
from backstay.core.failure import BadInput
from backstay.core.route import Route, read
from backstay.explain.failure import Unknown
from backstay.explain.steps import routes, steps
from backstay.explain.target import has, near_routes
from backstay.load.fleet import Refused, fleet
from backstay.load.profiles import Merged
from backstay.spec.parse import short_form

_FRAME = frozenset({"apiVersion", "kind"})


@dataclass(frozen=True, slots=True)
class Asked:
    """Some fields of one cluster's spec."""

    merged: Merged
    routes: tuple[Route, ...]


def known_specs(specs: Path, clusters: tuple[str, ...]) -> list[Merged]:
    """The specs that can be read; with `clusters`, just those. BadInput when there are none, or a name has none."""
    found = list(fleet(specs))
    read_ = [one for one in found if isinstance(one, Merged)]
    missing = [no_such(name, specs) for name in clusters if name not in map(name_of, read_)]
    if missing or not read_:
        raise BadInput(
            [*(one for lost in found if isinstance(lost, Refused) for one in lost.found), *missing]
        )
    return [one for one in read_ if not clusters or name_of(one) in clusters]


def asked(known: list[Merged], target: str, field: str | None) -> list[Asked]:
    """The spec fields that are meant, by cluster; none when the target is no spec file and no field of any spec."""
    file = os.path.normpath(target)
    within = [one for one in known if file in {os.path.normpath(document.file) for document in one.documents}]
    if within:
        return _said_in(within, file) if field is None else _named(within, field)
    route = read(target)
    if route is None or field is not None or not any(knows(one, route) for one in known):
        return []
    return _named(known, target)


def not_found(known: list[Merged], target: str) -> Unknown:
    """What to say of a target that looks like a field of the spec and is none."""
    return Unknown(f"no field `{target}` in any spec", near_routes((one.value for one in known), target))


def _named(known: list[Merged], text: str) -> list[Asked]:
    """One field: of the clusters that state it, else of those whose spec could."""
    route = read(text) or ()
    could = [one for one in known if route and knows(one, route)]
    if not could:
        raise not_found(known, text)
    stated = [one for one in could if has(one.value, route, short_form)]
    return [Asked(one, (route,)) for one in stated or could]


def _said_in(within: list[Merged], file: str) -> list[Asked]:
    """Every leaf that a file has the last word on."""
    found = []
    for one in within:
        leaves = (way for way, value in routes(one.value) if not steps(value))
        ways = (way for way in leaves if os.path.normpath(one.writer(way).file) == file)
        found.append(Asked(one, tuple(way for way in ways if way[0] not in _FRAME)))
    return [one for one in found if one.routes]

"""Planned objects against a cluster that was asked what applying them would give (a server-side-apply dry run).

The server's answer is what the objects would be like after its defaults and admission, so the comparison is exact:
of the answer, the fields that we set, against the same fields as they are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backstay.core.route import Route
from backstay.diff.change import Change
from backstay.diff.compare import differences
from backstay.diff.how import left_scoped
from backstay.diff.lists import by_identity, merge_key
from backstay.diff.plan import Planned
from backstay.diff.stored import compared

Object = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a cluster said about one planned object.

    `live` is the object as it is, None when there is none; `applied` what applying ours would make of it, None when
    the server refuses that, with its words in `note`.
    """

    live: Object | None
    applied: Object | None = None
    note: str = ""


def against_rehearsal(planned: Planned, said: Rehearsal) -> Iterator[Change]:
    """What is not as planned. Where the server refuses the dry run, the plan itself is compared with what is live."""
    if said.live is None or said.applied is None:
        yield from compared(planned, said.live, said.note)
        return
    expected = _scoped(planned.settled.value, said.applied, ())
    how = left_scoped(planned.key, planned.settled.role)
    assert isinstance(expected, Mapping)  # noqa: S101 - a mapping's scope is one
    for found in differences(expected, said.live, how):
        yield planned.change(found, said.live)


def request_body(value: Object) -> dict[str, object]:
    """What to apply for a planned object: without nulls and directives, which server-side apply does not know."""
    body = _stated(value)
    assert isinstance(body, dict)  # noqa: S101 - as above
    return body


def _stated(value: object) -> object:
    if isinstance(value, Mapping):
        stated = (
            (key, below) for key, below in value.items() if below is not None and not key.startswith("$")
        )
        return {key: _stated(below) for key, below in stated}
    if isinstance(value, list):
        return [_stated(entry) for entry in value if not (isinstance(entry, Mapping) and "$patch" in entry)]
    return value


def _scoped(planned: object, applied: object, route: Route) -> object:
    """The planned value as the server would store it: `applied`, but of mappings and keyed lists only our part.

    What the server would not store becomes a null, which is: not there.
    """
    if isinstance(planned, Mapping) and isinstance(applied, Mapping):
        return {
            key: value if key.startswith("$") else _scoped(value, applied.get(key), (*route, key))
            for key, value in planned.items()
        }
    if isinstance(planned, list) and isinstance(applied, list):
        return _scoped_list(planned, applied, route)
    return None if planned is None else applied


def _scoped_list(planned: list[object], applied: list[object], route: Route) -> list[object]:
    keys = merge_key(route[-1] if route else None, planned)
    ours = by_identity(planned, keys) if keys else None
    theirs = by_identity(applied, keys) if keys else None
    if ours is not None and theirs is not None:
        return [
            _scoped(planned[index], applied[theirs[told]], (*route, index))
            if told in theirs
            else planned[index]
            for told, index in ours.items()
        ]
    if len(planned) != len(applied):
        return applied
    return [
        _scoped(one, other, (*route, index))
        for index, (one, other) in enumerate(zip(planned, applied, strict=True))
    ]

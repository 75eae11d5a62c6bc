"""Planned objects against stored ones, such as those that `kubectl get -o yaml` printed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from backstay.diff.change import Change
from backstay.diff.compare import differences
from backstay.diff.how import left_scoped
from backstay.diff.identity import Key, key_of
from backstay.diff.plan import Planned

Object = Mapping[str, object]


def against_stored(planned: Sequence[Planned], stored: Iterable[Object]) -> Iterator[Change]:
    """What is not as planned, in the order of the plan; only fields that we set are looked at."""
    found = pick({one.key for one in planned if one.is_object}, stored)
    for one in planned:
        if one.is_object:
            yield from compared(one, found.get(one.key))


def compared(planned: Planned, actual: Object | None, note: str = "") -> Iterator[Change]:
    """One planned object against the one that is there, None when there is none; `note` goes with each change."""
    if actual is None:
        yield planned.missing(note)
        return
    how = left_scoped(planned.key, planned.settled.role)
    for found in differences(planned.settled.value, actual, how):
        yield planned.change(found, actual, note)


def pick(wanted: set[Key], stored: Iterable[Object]) -> dict[Key, Object]:
    """Those of many objects that are wanted; of several with one identity the first."""
    found: dict[Key, Object] = {}
    for value in stored:
        key = key_of(value)
        if key in wanted:
            found.setdefault(key, value)
    return found

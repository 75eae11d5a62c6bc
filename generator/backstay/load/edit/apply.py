"""Changes of a text, each seen to do what it says by reading the result again.

A change is refused where the text read again would not have exactly the changed value, where another document or a
comment of the text would suffer, or where it meets a change that was accepted before.
"""

import itertools
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ruamel.yaml.error import MarkedYAMLError

from backstay.core.fix import Change, Edit, Rename, changed
from backstay.core.manifest import Plain
from backstay.core.route import Route, look_up, show
from backstay.load.compose import compose
from backstay.load.edit.cuts import CannotEdit, Splice, splices
from backstay.load.edit.nodes import comments, extent, roots
from backstay.load.edit.roundtrip import rewritten

MEETS = "it meets another repair of the same lines; run again"


@dataclass(frozen=True, slots=True)
class Group:
    """Changes that belong together, of what stands at `base` of the `index`th document of a text."""

    index: int
    changes: tuple[Change, ...]
    base: Route = ()

    @property
    def whole(self) -> tuple[Change, ...]:
        """The changes by their routes in the document."""
        return tuple(
            Edit((*self.base, *one.route), one.value)
            if isinstance(one, Edit)
            else Rename((*self.base, *one.route), one.key)
            for one in self.changes
        )


@dataclass(frozen=True, slots=True)
class Edited:
    """What became of groups of changes: the splices of those accepted, and by number why others were refused."""

    splices: tuple[Splice, ...]
    accepted: tuple[int, ...]
    refused: dict[int, str]


def edit(text: str, groups: Sequence[Group]) -> Edited:
    """Work groups of changes out, the first first; nothing is raised for a text that can be read."""
    taken: list[Splice] = []
    accepted: list[int] = []
    refused: dict[int, str] = {}
    for number, group in enumerate(groups):
        if any(group == groups[other] for other in accepted):
            accepted.append(number)
            continue
        try:
            own = edits_of(text, group)
            with_others = tuple(sorted((*taken, *own)))
            if accepted and not _together(text, with_others, [*(groups[one] for one in accepted), group]):
                refused[number] = MEETS
                continue
        except CannotEdit as failed:
            refused[number] = str(failed)
            continue
        taken, accepted = list(with_others), [*accepted, number]
    return Edited(tuple(taken), tuple(accepted), refused)


def edits_of(text: str, group: Group) -> tuple[Splice, ...]:
    """The splices for one group alone. Raises CannotEdit, with the reason in words."""
    values = _values(text)
    if group.index >= len(values):
        raise CannotEdit("the document is not there any more")
    changes = _outside_texts(values[group.index], group.whole)
    try:
        wanted = [
            changed(value, changes) if index == group.index else value for index, value in enumerate(values)
        ]
    except KeyError as missing:
        raise CannotEdit(f"there is no place for {missing}") from missing
    gone = _gone(text, group.index, changes)
    with suppress(CannotEdit, MarkedYAMLError, ValueError):
        found = _cut(text, group.index, changes)
        if _holds(text, found, wanted, gone):
            return found
    with suppress(CannotEdit):
        found = rewritten(text, group.index, changes)
        if _holds(text, found, wanted, gone):
            return found
    raise CannotEdit(_why_not(text, group.index, changes))


def spliced(text: str, some: Iterable[Splice]) -> str:
    """The text with splices made; they do not overlap."""
    parts: list[str] = []
    at = 0
    for one in sorted(some):
        parts += [text[at : one.start], one.text]
        at = one.end
    return "".join([*parts, text[at:]])


def _cut(text: str, index: int, changes: Sequence[Change]) -> tuple[Splice, ...]:
    root = roots(text)[index]
    return tuple(sorted(one for change in changes for one in splices(text, root, change)))


def _why_not(text: str, index: int, changes: Sequence[Change]) -> str:
    try:
        _cut(text, index, changes)
    except CannotEdit as failed:
        return str(failed)
    return f"`{show(changes[0].route)}` cannot be changed without touching something else"


def _values(text: str) -> list[Plain]:
    read, found = compose(text, "", spell_keys=True)
    if found:
        raise CannotEdit(found[0].message)
    return [one.value for one in read]


def _holds(text: str, found: Sequence[Splice], wanted: Sequence[object], gone: Counter[str]) -> bool:
    """Whether the changed text has the wanted values, and all comments but those that went with what they are about."""
    if _overlap(found):
        return False
    try:
        new = spliced(text, found)
        return _same(_values(new), wanted) and not _words(text) - _words(new) - gone
    except (CannotEdit, MarkedYAMLError, ValueError):
        return False


def _words(text: str) -> Counter[str]:
    return Counter(words for _, words in comments(text))


def _gone(text: str, index: int, changes: Iterable[Change]) -> Counter[str]:
    """The comments on what is taken away or replaced: those inside it, and on the lines of an entry that goes."""
    root = roots(text)[index]
    spans = [span for change in changes if isinstance(change, Edit) and (span := extent(text, root, change))]
    return Counter(words for at, words in comments(text) if any(start <= at < end for start, end in spans))


def _together(text: str, found: Sequence[Splice], groups: Sequence[Group]) -> bool:
    """Whether groups that are right one by one are so together."""
    wanted: list[object] = list(_values(text))
    gone: Counter[str] = Counter()
    for index in {group.index for group in groups}:
        every = list(
            {
                repr(change): change for group in groups if group.index == index for change in group.whole
            }.values()
        )
        with suppress(KeyError):
            changes = _outside_texts(wanted[index], every)
            gone += _gone(text, index, changes)
            wanted[index] = changed(wanted[index], changes)
            continue
        return False
    return _holds(text, found, wanted, gone)


def _overlap(found: Sequence[Splice]) -> bool:
    return any(one.end > other.start for one, other in itertools.pairwise(found))


def _same(one: object, other: object) -> bool:
    """Whether values are the same; 1, 1.0 and true are three."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _outside_texts(value: object, changes: Iterable[Change]) -> list[Change]:
    """The changes, those inside a text that holds YAML told as a change of the whole text."""
    outside: list[Change] = []
    inside: dict[Route, list[Change]] = {}
    for change in changes:
        begin = _text_on(value, change.route)
        if begin is None:
            outside.append(change)
        else:
            rest = change.route[len(begin) :]
            inner = Edit(rest, change.value) if isinstance(change, Edit) else Rename(rest, change.key)
            inside.setdefault(begin, []).append(inner)
    for route, within in inside.items():
        text = str(look_up(value, route))
        outside.append(Edit(route, spliced(text, edits_of(text, Group(0, tuple(within))))))
    return outside


def _text_on(value: object, route: Route) -> Route | None:
    """The route of the text that a route goes on in; None when it does not."""
    for length in range(len(route)):
        try:
            here = look_up(value, route[:length])
        except KeyError:
            return None
        if isinstance(here, str):
            return route[:length]
    return None

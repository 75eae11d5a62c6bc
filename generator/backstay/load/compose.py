"""Texts to values and positions in one pass over ruamel's events, with every finding on the way.

Events are taken one by one, so that reading stops at the first level too deep. What a scalar means is `scalar`'s
matter. An alias shares its anchor's value, and what it would take when written out is counted and bounded.
"""

import re
from collections.abc import Iterator
from typing import Final

from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from backstay.core.diagnostic import Diagnostic
from backstay.core.manifest import Plain
from backstay.core.place import Place
from backstay.core.route import Route
from backstay.load import rules
from backstay.load.clean import MAX_DEPTH, is_clean
from backstay.load.entries import MERGE, Entries
from backstay.load.events import events, libyaml_events
from backstay.load.scalar import resolve
from backstay.load.spot import Composed, Mark, Spot
from backstay.load.syntax import bad_syntax, odd_characters, tab_indentation, unknown_character

MAX_ALIASED: Final = 100_000  # nodes that aliases may bring in, all together
MAX_FINDINGS: Final = 100  # in one file, past which a person has seen enough
_HALF: Final = re.compile("[\ud800-\udfff]")  # of a character beyond U+FFFF, as UTF-16 has them
_SHOWN_STEPS: Final = 5  # of the route to a value that is nested too deeply


def compose(text: str, shown: str, *, spell_keys: bool = False) -> tuple[list[Composed], list[Diagnostic]]:
    """Every document of a text, and everything that is wrong with them.

    With findings, the documents are what could be read in spite of them. `spell_keys` turns keys that are
    numbers or truth values into text, as Kubernetes' readers do, where a spec refuses them.
    """
    odd = list(odd_characters(text, shown))
    if odd:
        return [], odd
    composer = _Composer(text, shown, events(text), spell_keys=spell_keys)
    return composer.documents(), composer.found


def placed(text: str, shown: str, *, spell_keys: bool = False) -> list[Composed]:
    """As `compose`, for whom only the documents matter: a clean text takes a tenth of the time."""
    if is_clean(text):
        composer = _Composer(text, shown, libyaml_events(text), spell_keys=spell_keys)
        read = composer.documents()
        if not composer.found:
            return read
    return compose(text, shown, spell_keys=spell_keys)[0]


class _Stop(Exception):  # noqa: N818 - no error of the program
    """The rest of the text cannot be read; the reason is among the findings."""


class _Composer:
    def __init__(self, text: str, shown: str, parsed: Iterator[Event], *, spell_keys: bool) -> None:
        self.found: list[Diagnostic] = []
        self._text = text
        self._shown = shown
        self._spell_keys = spell_keys
        self._events = parsed
        self._reached: Mark = (1, 1)
        self._anchors: dict[str, Composed | None] = {}  # None while the anchor's own value is being read
        self._aliased = 0
        self._inside: list[tuple[int, int]] = []  # first and last lines, from 0, that only continue a value

    def documents(self) -> list[Composed]:
        """The documents in order, up to where the text cannot be read on."""
        read: list[Composed] = []
        try:
            while not isinstance(event := self._next(), StreamEndEvent):
                if isinstance(event, DocumentStartEvent):
                    read.append(self._document(event))
        except _Stop:
            return read
        self.found.extend(tab_indentation(self._text, self._shown, self._inside))
        return read

    def _next(self) -> Event:
        if len(self.found) >= MAX_FINDINGS:
            raise _Stop
        try:
            event: Event = next(self._events)
        except MarkedYAMLError as broken:
            self.found.extend(bad_syntax(broken, self._text, self._shown, self._inside))
            raise _Stop from broken
        except ValueError as broken:  # an escape such as "\\U7fffffff", beyond the last character
            self.found.append(unknown_character(Place(self._shown, *self._reached)))
            raise _Stop from broken
        self._reached = (event.end_mark.line + 1, event.end_mark.column + 1)
        return event

    def _document(self, start: DocumentStartEvent) -> Composed:
        self._anchors = {}
        if start.version is not None and tuple(start.version) != (1, 2):
            wanted = ".".join(str(part) for part in start.version)
            help_ = "the text is read by YAML 1.2: take the line out, and look for words like `on` and numbers like `010`"
            self.found.append(
                rules.YAML_DIRECTIVE.report(f"asks for YAML {wanted}", at=self._at(start, ()), help=help_)
            )
        return self._node(self._next(), (), 0)

    def _node(self, event: Event, route: Route, depth: int) -> Composed:
        if isinstance(event, AliasEvent):
            return self._alias(event, route, depth)
        self._must_fit(event, route, depth)
        anchor: str | None = getattr(event, "anchor", None)
        if anchor is None:
            return self._content(event, route, depth)
        self._anchors[anchor] = None
        self._anchors[anchor] = composed = self._content(event, route, depth)
        return composed

    def _content(self, event: Event, route: Route, depth: int) -> Composed:
        tag = getattr(event, "tag", None)
        if tag is not None:
            help_ = "take the tag out; quote the value if it is to be text"
            self.found.append(rules.TAG.report(f"tag `{tag}`", at=self._at(event, route), help=help_))
        if isinstance(event, ScalarEvent):
            return self._scalar(event, route)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(event, route, depth)
        return self._mapping(event, route, depth)

    def _alias(self, event: AliasEvent, route: Route, depth: int) -> Composed:
        known = self._anchors.get(event.anchor)
        if known is None:
            self._refuse_unknown(event, route)
            raise _Stop
        self._must_fit(event, route, depth + known.height)
        self._aliased += known.nodes
        if self._aliased > MAX_ALIASED:
            message = f"aliases expand to more than {MAX_ALIASED} values"
            help_ = "write the values out where they are needed"
            self.found.append(rules.ALIAS_BOMB.report(message, at=self._at(event, route), help=help_))
            raise _Stop
        return known

    def _refuse_unknown(self, event: AliasEvent, route: Route) -> None:
        open_still = event.anchor in self._anchors
        rule = rules.ALIAS_BOMB if open_still else rules.INVALID_YAML
        where = "stands inside its own anchor" if open_still else f"has no anchor `&{event.anchor}` above it"
        message = f"alias `*{event.anchor}` {where}"
        self.found.append(
            rule.report(message, at=self._at(event, route), help="write the value out where it is needed")
        )

    def _scalar(self, event: ScalarEvent, route: Route) -> Composed:
        return Composed(
            self._text_of(event, route) if event.style else self._plain(event, route), _spot(event)
        )

    def _plain(self, event: ScalarEvent, route: Route) -> Plain:
        try:
            return resolve(event.value)
        except ValueError as odd:
            help_ = "write a number that JSON has, or quote it"
            self.found.append(rules.NO_FINITE_NUMBER.report(str(odd), at=self._at(event, route), help=help_))
            return None

    def _text_of(self, event: ScalarEvent, route: Route) -> str:
        """A quoted or block text; JSON's way of escaping a character in two halves is understood."""
        self._spare(event, event)
        text: str = event.value
        if _HALF.search(text) is None:
            return text
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self.found.append(unknown_character(self._at(event, route)))
            return ""

    def _sequence(self, start: SequenceStartEvent, route: Route, depth: int) -> Composed:
        items: list[Composed] = []
        while not isinstance(event := self._next(), SequenceEndEvent):
            items.append(self._node(event, (*route, len(items)), depth + 1))
        if start.flow_style:
            self._spare(start, event)
        spot = _spot(start, dict(enumerate(item.spot for item in items)))
        nodes = 1 + sum(item.nodes for item in items)
        height = 1 + max((item.height for item in items), default=-1)
        return Composed([item.value for item in items], spot, nodes, height)

    def _mapping(self, start: Event, route: Route, depth: int) -> Composed:
        entries = Entries(self._shown, route, self.found)
        while not isinstance(event := self._next(), MappingEndEvent):
            if isinstance(event, ScalarEvent) and event.value == MERGE and not event.style:
                entries.merge(_mark(event), self._node(self._next(), (*route, MERGE), depth + 1))
                continue
            key = self._key(event, route, depth)
            value = self._node(self._next(), (*route, key or ""), depth + 1)
            if key is not None:
                entries.add(key, _mark(event), value)
        if isinstance(start, MappingStartEvent) and start.flow_style:
            self._spare(start, event)
        return entries.composed(_mark(start))

    def _key(self, event: Event, route: Route, depth: int) -> str | None:
        """The key as text, or None after saying why there is none."""
        key = self._node(event, route, depth + 1).value
        if isinstance(key, str):
            return key
        spelled = _spelled(key)
        if self._spell_keys and spelled is not None:
            return spelled
        message = (
            "a list or a mapping as a key"
            if isinstance(key, list | dict)
            else f"`{spelled or 'null'}` as a key"
        )
        at = self._at(event, route)
        self.found.append(rules.KEY_NOT_TEXT.report(f"{message} is not text", at=at, help="quote the key"))
        return None

    def _must_fit(self, event: Event, route: Route, depth: int) -> None:
        if depth > MAX_DEPTH:
            at = self._at(event, route[:_SHOWN_STEPS])
            self.found.append(
                rules.TOO_DEEP.report(f"more than {MAX_DEPTH} levels", at=at, help="nest less deeply")
            )
            raise _Stop

    def _spare(self, start: Event, end: Event) -> None:
        """Remember the lines on which a value goes on and a tab is no indentation: all but its first."""
        last = end.end_mark
        self._inside.append((start.start_mark.line + 1, last.line if last.column else last.line - 1))

    def _at(self, event: Event, route: Route) -> Place:
        return Place(self._shown, *_mark(event), route)


def _spot(event: Event, below: dict[str | int, Spot] | None = None) -> Spot:
    return Spot(_mark(event), _mark(event), below or {})


def _mark(event: Event) -> Mark:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _spelled(key: object) -> str | None:
    """A number or truth value as Kubernetes' readers spell it when it is a key."""
    if isinstance(key, bool):
        return str(key).lower()
    return str(key) if isinstance(key, int | float) else None

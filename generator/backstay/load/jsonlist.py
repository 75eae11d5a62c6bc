"""Long lists of objects in JSON, as `kubectl get -o json` prints them: taken apart without making all of it at once."""

import json
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from backstay.core.manifest import Plain
from backstay.load.scalar import finite

_BLANK: Final = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class JsonList:
    """A mapping whose `items` are left out of `frame`, and where each of them begins and ends in the text."""

    frame: dict[str, Plain]
    bounds: "array[int]"

    @property
    def spans(self) -> Iterator[tuple[int, int]]:
        """Begin and end of each item, in characters."""
        return zip(self.bounds[::2], self.bounds[1::2], strict=True)


def read_json(text: str) -> Plain:
    """The value of a JSON text; ValueError for anything on which JSON readers disagree."""
    value: Plain = json.loads(
        text, object_pairs_hook=_no_duplicates, parse_float=finite, parse_constant=finite
    )
    return value


def json_list(text: str) -> JsonList:
    """A JSON text as a list of items; ValueError where it is none, or no JSON."""
    try:
        return _Scan(text).whole()
    except (IndexError, RecursionError) as broken:
        raise ValueError("no JSON") from broken


class _Scan:
    """One walk through the uppermost level of a mapping."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._decoder = json.JSONDecoder(
            object_pairs_hook=_no_duplicates, parse_float=finite, parse_constant=finite
        )
        self._at = 0
        self._bounds = array("q")

    def whole(self) -> JsonList:
        self._expect("{")
        pairs = [self._pair()]
        while self._next(",") is not None:
            pairs.append(self._pair())
        self._expect("}")
        if self._blank() != len(self._text):
            raise ValueError("more than one value")
        return JsonList(_no_duplicates(pairs), self._bounds)

    def _pair(self) -> tuple[str, Plain]:
        key = self._value()
        if not isinstance(key, str):
            raise ValueError("a key is not a text")  # noqa: TRY004 - the text is at fault
        self._expect(":")
        if key == "items" and self._next("[") is not None:
            self._items()
            return key, []
        return key, self._value()

    def _items(self) -> None:
        if self._next("]") is not None:
            return None
        while True:
            begin = self._blank()
            self._value()
            self._bounds.extend((begin, self._at))
            if self._next(",") is None:
                return self._expect("]")

    def _value(self) -> Plain:
        value: Plain
        value, self._at = self._decoder.raw_decode(self._text, self._blank())
        return value

    def _blank(self) -> int:
        found = _BLANK.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._at

    def _next(self, sign: str) -> int | None:
        """Go behind a sign, if it is the next one."""
        if self._text[self._blank()] != sign:
            return None
        self._at += 1
        return self._at

    def _expect(self, sign: str) -> None:
        if self._next(sign) is None:
            raise ValueError(f"no `{sign}`")


def _no_duplicates(pairs: list[tuple[str, Plain]]) -> dict[str, Plain]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("duplicate key")
    return value

"""HTTP/2 frames as they pass by: what a relay needs to know of the bytes that it forwards.

Source: RFC 9113, sections 3.4 (preface), 4.1 (frame header), 6.7 (PING), 6.8 (GOAWAY).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
TOO_MANY_PINGS = 0xB
"""The error code ENHANCE_YOUR_CALM, with which servers answer pings that they mind."""

_HEADER = 9
_ACK = 0x1


class Kind(StrEnum):
    """What a frame is, as far as silence and pings are concerned."""

    DATA = "data"  # DATA, HEADERS: something that the application said
    PING = "ping"
    PONG = "pong"  # a PING with the ACK flag
    RESET = "reset"  # RST_STREAM
    GOAWAY = "goaway"
    OTHER = "other"  # SETTINGS, WINDOW_UPDATE and the rest of the housekeeping
    BYTES = "bytes"  # not HTTP/2


_KINDS = {0x0: Kind.DATA, 0x1: Kind.DATA, 0x3: Kind.RESET, 0x6: Kind.PING, 0x7: Kind.GOAWAY, 0x9: Kind.DATA}


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; `code` and `text` are a GOAWAY's error code and debug data, `code` also a RST_STREAM's."""

    kind: Kind
    code: int = 0
    text: str = ""


class Reader:
    """Bytes of one direction in, complete frames out. What does not begin like HTTP/2 is BYTES for good.

    `client` says whether the direction is the client's, which begins with the preface.
    """

    def __init__(self, *, client: bool) -> None:
        self._held = b""
        self._preface = client
        self._opaque = False

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that these bytes complete."""
        if self._opaque:
            yield Frame(Kind.BYTES)
            return
        self._held += data
        if self._preface:
            yield from self._begin()
        elif not self._plausible():
            yield from self._give_up()
        if not (self._opaque or self._preface):
            yield from self._complete()

    def _begin(self) -> Iterator[Frame]:
        if not PREFACE.startswith(self._held[: len(PREFACE)]):
            yield from self._give_up()
        elif len(self._held) >= len(PREFACE):
            self._held = self._held[len(PREFACE) :]
            self._preface = False

    def _plausible(self) -> bool:
        """Whether the held bytes can begin a frame: the types that are in use, and no reserved bit."""
        known = len(self._held) < _HEADER or self._held[3] <= 0x10  # noqa: PLR2004 - PRIORITY_UPDATE is the last
        return known and (len(self._held) < _HEADER or not self._held[5] & 0x80)

    def _give_up(self) -> Iterator[Frame]:
        self._opaque, self._held = True, b""
        yield Frame(Kind.BYTES)

    def _complete(self) -> Iterator[Frame]:
        while len(self._held) >= _HEADER:
            size = _HEADER + int.from_bytes(self._held[:3])
            if len(self._held) < size:
                return
            kind, flags = self._held[3], self._held[4]
            payload, self._held = self._held[_HEADER:size], self._held[size:]
            yield _frame(_KINDS.get(kind, Kind.OTHER), flags, payload)


def _frame(kind: Kind, flags: int, payload: bytes) -> Frame:
    if kind is Kind.PING:
        return Frame(Kind.PONG if flags & _ACK else Kind.PING)
    if kind is Kind.RESET:
        return Frame(kind, int.from_bytes(payload[:4]))
    if kind is Kind.GOAWAY:
        return Frame(kind, int.from_bytes(payload[4:8]), payload[8:].decode(errors="replace"))
    return Frame(kind)

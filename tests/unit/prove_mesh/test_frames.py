"""HTTP/2 frames as they pass by, however the bytes are cut."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backstay.prove.mesh.frames import PREFACE, Frame, Kind, Reader


def frame(kind: int, payload: bytes = b"", flags: int = 0, stream: int = 0) -> bytes:
    """A frame as RFC 9113 has it."""
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


GOAWAY = frame(0x7, (0).to_bytes(4) + (0xB).to_bytes(4) + b"too_many_pings")
TALK = (
    (frame(0x4), Frame(Kind.OTHER)),
    (frame(0x1, b"headers", stream=1), Frame(Kind.DATA)),
    (frame(0x0, b"x" * 300, stream=1), Frame(Kind.DATA)),
    (frame(0x6, b"12345678"), Frame(Kind.PING)),
    (frame(0x6, b"12345678", flags=1), Frame(Kind.PONG)),
    (frame(0x3, (8).to_bytes(4), stream=1), Frame(Kind.RESET, 8)),
    (GOAWAY, Frame(Kind.GOAWAY, 0xB, "too_many_pings")),
    (frame(0x8, b"\0\0\0\1"), Frame(Kind.OTHER)),
)
BYTES, FRAMES = b"".join(each for each, _ in TALK), [each for _, each in TALK]


def read(pieces: list[bytes], *, client: bool) -> list[Frame]:
    """The frames in a stream that arrives in pieces."""
    reader = Reader(client=client)
    return [found for piece in pieces for found in reader.feed(piece)]


def cut(data: bytes, at: list[int]) -> list[bytes]:
    """The data in pieces, cut at some offsets."""
    edges = [0, *sorted(at), len(data)]
    return [data[low:high] for low, high in pairwise(edges)]


@given(st.lists(st.integers(0, len(BYTES)), max_size=12))
def test_a_servers_frames_come_out_whole_however_they_are_cut(at):
    """Nothing is lost, doubled or reordered."""
    assert read(cut(BYTES, at), client=False) == FRAMES


@given(st.lists(st.integers(0, len(PREFACE + BYTES)), max_size=12))
def test_a_client_begins_with_a_preface_that_is_no_frame(at):
    """Which may be cut as well."""
    assert read(cut(PREFACE + BYTES, at), client=True) == FRAMES


@given(st.binary(min_size=1, max_size=200), st.booleans())
def test_whatever_comes_something_came(data, client):
    """No bytes make the reader fail; what is not HTTP/2 is bytes, and stays so."""
    reader = Reader(client=client)
    list(reader.feed(b"GET / HTTP/1.1\r\n\r\n"))
    assert list(reader.feed(data)) == [Frame(Kind.BYTES)]


@given(st.binary(max_size=400), st.booleans())
def test_no_bytes_make_the_reader_fail(data, client):
    """They come from other programs."""
    assert all(isinstance(found, Frame) for found in read([data], client=client))

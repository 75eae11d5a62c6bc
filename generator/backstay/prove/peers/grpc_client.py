"""A gRPC client (C-core) that opens a call, is silent until it is told to speak, and tells how the call fared.

Its only argument is JSON: `{"target": "127.0.0.1:port", "options": [[name, value], ...]}`.
"""

import json
import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import grpc

from backstay.prove.peers.wire import FAIL, HOLD, SERVICE, obey, tell

_LONGEST_SECONDS = 60
_WORD = b"word"


class Client:
    """One channel, and one call at a time on it."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel
        self._words: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._kind = ""

    def open(self, kind: str) -> None:
        """Begin a call of a kind of stream; waits for a connection."""
        self._kind, self._words = kind, queue.SimpleQueue()
        if kind == "none":
            _start(lambda: self._unary(kind, wait=True))
        else:
            self._words.put(_WORD)
            _start(self._stream)

    def speak(self) -> None:
        """Say the next word: another unary call, or the next message of the stream."""
        if self._kind == "none":
            _start(lambda: self._unary(self._kind, wait=False))
        else:
            self._words.put(_WORD)

    def fail(self) -> None:
        """Call what always fails."""
        _start(lambda: self._unary(FAIL, wait=True))

    def hold(self, milliseconds: Sequence[int]) -> None:
        """Call, all at once, what takes so long."""
        for one in milliseconds:
            _start(partial(self._hold, one))

    def _hold(self, milliseconds: int) -> None:
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(f"/{SERVICE}/{HOLD}")
        call(str(milliseconds).encode(), timeout=milliseconds / 1000 + _LONGEST_SECONDS, wait_for_ready=True)
        tell("answer")

    def _unary(self, method: str, *, wait: bool) -> None:
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(f"/{SERVICE}/{method}")
        call(_WORD, timeout=_LONGEST_SECONDS, wait_for_ready=wait)
        tell("answer")

    def _stream(self) -> None:
        if self._kind == "client":
            upload: grpc.StreamUnaryMultiCallable[bytes, bytes] = self._channel.stream_unary(self._path)
            upload(self._said(), wait_for_ready=True)
            tell("answer")
            return
        for _ in self._answers():
            tell("answer")

    def _answers(self) -> Iterable[bytes]:
        if self._kind == "server":
            one: grpc.UnaryStreamMultiCallable[bytes, bytes] = self._channel.unary_stream(self._path)
            return one(_WORD, wait_for_ready=True)
        many: grpc.StreamStreamMultiCallable[bytes, bytes] = self._channel.stream_stream(self._path)
        return many(self._said(), wait_for_ready=True)

    @property
    def _path(self) -> str:
        return f"/{SERVICE}/{self._kind}"

    def _said(self) -> Iterator[bytes]:
        words = self._words
        while True:
            yield words.get()


def _start(work: Callable[[], None]) -> None:
    threading.Thread(target=_tell, args=(work,), daemon=True).start()


def _tell(work: Callable[[], None]) -> None:
    try:
        work()
    except grpc.RpcError as error:
        known = isinstance(error, grpc.Call)
        tell(
            "failed",
            code=error.code().name if known else "",
            details=error.details() if known else str(error),
        )


def main() -> None:
    """Take commands until stdin ends."""
    settings = json.loads(sys.argv[1])
    options = [(str(name), value) for name, value in settings["options"]]
    obey(Client(grpc.insecure_channel(settings["target"], options=options)))


if __name__ == "__main__":
    main()

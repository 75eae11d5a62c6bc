"""A gRPC client (C-core) that opens a call, is silent until it is told to speak, and tells how the call fared.

Its only argument is JSON: `{"target": "127.0.0.1:port", "options": [[name, value], ...], "scale": 1}`.

C-core ends a call by its service config's timeout between one and two seconds too soon: it counts from the start of the
process, but the whole second before that is its zero (src/core/util/time.cc; grpc/grpc#34547). How much it is, is decided
once a process. Where time passes faster, so do these seconds.
"""

import json
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import grpc

from backstay.prove.peers.wire import FAIL, HOLD, MORE, NEVER, SERVICE, obey, tell

_LONGEST_SECONDS = 60
_WORD = b"word"
_CONFIG = "grpc.service_config"
_LATE_IN_A_SECOND = 0.8
_LOOK_SECONDS = 0.01


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

    def speak(self, *, more: bool = False) -> None:
        """Say the next word: another unary call, or the next message of the stream."""
        if self._kind == "none":
            _start(lambda: self._unary(self._kind, wait=False))
        else:
            self._words.put(MORE if more else _WORD)

    def fail(self) -> None:
        """Call what always fails."""
        _start(lambda: self._unary(FAIL, wait=True))

    def hold(self, milliseconds: Sequence[int]) -> None:
        """Call, all at once, what takes so long."""
        for one in milliseconds:
            _start(partial(self._hold, one))

    def never(self, stream: str) -> None:
        """Call what never answers, as long as nobody but the channel's configuration ends it."""
        self._kind, self._words = stream, queue.SimpleQueue()
        self._words.put(_WORD)
        _start(self._never)

    def _never(self) -> None:
        path = f"/{SERVICE}/{NEVER}"
        if self._kind in {"client", "both"}:
            many: grpc.StreamUnaryMultiCallable[bytes, bytes] = self._channel.stream_unary(path)
            many(self._said(), wait_for_ready=True)
        else:
            one: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(path)
            one(_WORD, wait_for_ready=True)
        tell("answer")

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


def _early(target: str) -> float:
    """By how many seconds C-core ends calls too soon; not asked for where a second is about to be over, which may be either."""
    while time.monotonic() % 1 > _LATE_IN_A_SECOND:
        time.sleep(_LOOK_SECONDS)
    begun = time.monotonic()
    grpc.insecure_channel(target).close()
    return 1 + begun % 1


def _later(config: str, seconds: float) -> str:
    """A service config with its timeouts put off; one that cannot be read stays as it is, for the channel to say so."""
    try:
        found = json.loads(config)
        for method in found["methodConfig"]:
            if "timeout" in method:
                method["timeout"] = f"{float(method['timeout'].removesuffix('s')) + seconds:.3f}s"
    except (AttributeError, KeyError, TypeError, ValueError):
        return config
    return json.dumps(found)


def main() -> None:
    """Take commands until stdin ends."""
    settings = json.loads(sys.argv[1])
    options = [(str(name), value) for name, value in settings["options"]]
    early = _early(settings["target"]) * (1 - 1 / settings["scale"])
    options = [(name, _later(value, early) if name == _CONFIG else value) for name, value in options]
    obey(Client(grpc.insecure_channel(settings["target"], options=options)))


if __name__ == "__main__":
    main()

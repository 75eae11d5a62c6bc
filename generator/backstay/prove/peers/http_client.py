"""An HTTP/1.1 client that keeps its connections, as pools do: before it uses one again it looks whether it was closed.

Its only argument is JSON: `{"target": "127.0.0.1:port", "host": "a.b"}`, the host being what requests are for.
"""

import json
import select
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse

from backstay.prove.peers.wire import FAIL, HOLD, NEVER, obey, tell

_WORD = b"word"


class Client:
    """Connections that nobody uses, and requests on them."""

    def __init__(self, target: str, host: str) -> None:
        self._target, self._host = target, host
        self._idle: list[HTTPConnection] = []
        self._kind = ""

    def open(self, kind: str) -> None:
        """Make a request; a stream of the server's goes on by itself."""
        self._kind = kind
        _start(partial(self._ask, kind, _WORD) if kind == "none" else self._stream)

    def speak(self, *, more: bool = False) -> None:  # noqa: ARG002 - requests are whole
        """Make the next request."""
        _start(partial(self._ask, self._kind, _WORD))

    def fail(self) -> None:
        """Ask for what always fails."""
        _start(partial(self._ask, FAIL, _WORD))

    def hold(self, milliseconds: Sequence[int]) -> None:
        """Ask, all at once, for what takes so long."""
        for one in milliseconds:
            _start(partial(self._ask, HOLD, str(one).encode()))

    def never(self, stream: str) -> None:  # noqa: ARG002 - what is never answered is no stream yet
        """Ask for what never comes."""
        _start(partial(self._ask, NEVER, _WORD))

    def _ask(self, path: str, body: bytes) -> None:
        connection = self._connection()
        response = self._sent(connection, path, body)
        response.read()
        if not response.will_close:
            self._idle.append(connection)
        _told(response)

    def _stream(self) -> None:
        response = self._sent(self._connection(), self._kind, _WORD)
        while response.read(len(_WORD)):
            _told(response)

    def _sent(self, connection: HTTPConnection, path: str, body: bytes) -> HTTPResponse:
        connection.request("POST", f"/{path}", body, {"Host": self._host})
        return connection.getresponse()

    def _connection(self) -> HTTPConnection:
        """One that is still open, else a new one."""
        while self._idle:
            kept = self._idle.pop()
            if kept.sock is not None and not select.select([kept.sock], [], [], 0)[0]:
                return kept
            kept.close()
        return HTTPConnection(self._target)


def _told(response: HTTPResponse) -> None:
    if response.status == HTTPStatus.OK:
        tell("answer")
    else:
        tell("failed", code=str(response.status), details=response.reason)


def _start(work: Callable[[], None]) -> None:
    threading.Thread(target=_tell, args=(work,), daemon=True).start()


def _tell(work: Callable[[], None]) -> None:
    try:
        work()
    except (OSError, HTTPException) as error:
        tell("failed", code=type(error).__name__, details=str(error))


def main() -> None:
    """Take commands until stdin ends."""
    settings = json.loads(sys.argv[1])
    obey(Client(settings["target"], settings["host"]))


if __name__ == "__main__":
    main()

"""An HTTP/1.1 server that keeps connections, answers at once, says more when it is told to, and counts what reaches it.

Its only argument is JSON: `{"idle": seconds}`, after which it closes a connection without requests; None: never.
"""

import json
import os
import queue
import select
import signal
import sys
import threading
import time
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from backstay.prove.peers.wire import FAIL, HOLD, NEVER, commands, tell

_LOOK_SECONDS = 0.01


class Handler(BaseHTTPRequestHandler):
    """One connection: its paths are `/none`, `/server`, and those that hold, fail, and never answer."""

    protocol_version = "HTTP/1.1"
    waiting: ClassVar[queue.SimpleQueue[None]] = queue.SimpleQueue()
    busy: ClassVar[set[int]] = set()

    def do_POST(self) -> None:
        """Answer a request; while there is one, the server does not go."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.busy.add(id(self))
        try:
            self._answer(self.path.strip("/"), body)
        finally:
            self.wfile.flush()
            self.busy.discard(id(self))

    def _answer(self, method: str, body: bytes) -> None:
        if method == FAIL:
            tell("attempt")
            self._say(HTTPStatus.SERVICE_UNAVAILABLE, b"")
        elif method == HOLD:
            tell("holds")
            time.sleep(int(body) / 1000)
            self._say(HTTPStatus.OK, body)
        elif method == NEVER:
            self._never()
        elif method == "server":
            self._stream(body)
        else:
            tell("got")
            self._say(HTTPStatus.OK, body)

    def _never(self) -> None:
        """Tells when it begins and when its caller has gone: nobody sends more before there is an answer."""
        tell("holds")
        select.select([self.connection], [], [])
        tell("gone")
        self.close_connection = True

    def _say(self, status: HTTPStatus, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, body: bytes) -> None:
        """One piece at once, one each time that it is told to."""
        tell("got")
        self.send_response(HTTPStatus.OK)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(body), body))
            self.waiting.get()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class has it so
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A thread a connection; one that breaks is nobody's fault here."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve on a free loopback port until stdin ends."""
    Handler.timeout = json.loads(sys.argv[1])["idle"]
    with Server(("127.0.0.1", 0), Handler) as server:
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=_go, args=(server,)).start())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        tell("ready", port=server.server_address[1])
        for command in commands():
            if command["do"] == "speak":
                Handler.waiting.put(None)


def _go(server: Server) -> None:
    """End as a well-behaved server does: take no new connection, finish what was begun."""
    server.shutdown()
    with suppress(OSError):
        server.socket.close()
    while Handler.busy:
        time.sleep(_LOOK_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    main()

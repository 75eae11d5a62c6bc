"""A client of plain bytes: it opens a connection, says a word, and later another one on the same connection.

Its only argument is JSON: `{"target": "127.0.0.1:port"}`.
"""

import json
import socket
import sys
import threading

from backstay.prove.peers.wire import commands, tell

_WORD = b"word"
_LONGEST_SECONDS = 60


def main() -> None:
    """Take commands until stdin ends."""
    host, _, port = json.loads(sys.argv[1])["target"].partition(":")
    tell("ready")
    connection = socket.socket()
    for command in commands():
        if command["do"] == "open":
            connection = socket.create_connection((host, int(port)), _LONGEST_SECONDS)
        threading.Thread(target=_say, args=(connection,), daemon=True).start()


def _say(connection: socket.socket) -> None:
    try:
        connection.sendall(_WORD)
        heard = connection.recv(len(_WORD))
    except OSError as error:
        tell("failed", code=type(error).__name__, details=error.strerror or str(error))
    else:
        _tell(heard)


def _tell(heard: bytes) -> None:
    if heard:
        tell("answer")
    else:
        tell("failed", code="end of file", details="the other side closed the connection")


if __name__ == "__main__":
    main()

"""A server of plain bytes, as far as a connection's life goes: it says back what it is told. Its argument is not read."""

import socketserver
import threading

from backstay.prove.peers.wire import commands, tell

_READ = 1 << 16


class Echo(socketserver.BaseRequestHandler):
    """One connection."""

    def handle(self) -> None:
        """Say back whatever comes until the caller goes."""
        while data := self.request.recv(_READ):
            tell("got")
            self.request.sendall(data)


class Server(socketserver.ThreadingTCPServer):
    """A thread a connection, none of which keeps the process."""

    daemon_threads = True


def main() -> None:
    """Serve on a free loopback port until stdin ends."""
    with Server(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        tell("ready", port=server.server_address[1])
        for _ in commands():
            pass


if __name__ == "__main__":
    main()

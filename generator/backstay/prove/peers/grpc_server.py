"""A gRPC server (C-core) that answers at once, says more when it is told to, and counts what reaches it.

Its only argument is JSON: `{"options": [[name, value], ...]}`, its channel arguments.
"""

import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc

from backstay.prove.peers.wire import FAIL, HOLD, MORE, NEVER, SERVICE, commands, tell

_THREADS = 16
_FOR_EVER_SECONDS = 3600.0


class Handlers:
    """The methods: one a kind of stream, and one that fails."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[None] = queue.SimpleQueue()

    def speak(self) -> None:
        """Let the server stream that waits go on."""
        self._waiting.put(None)

    def none(self, request: bytes, _: grpc.ServicerContext) -> bytes:
        """Unary: the same back."""
        tell("got")
        return request

    def server(self, request: bytes, _: grpc.ServicerContext) -> Iterator[bytes]:
        """Server stream: one message at once, one each time that it is told to."""
        tell("got")
        while True:
            yield request
            self._waiting.get()

    def client(self, requests: Iterator[bytes], _: grpc.ServicerContext) -> bytes:
        """Client stream: tells of each message; answers the last, which is never the first."""
        for number, request in enumerate(requests):
            tell("got")
            if number and request != MORE:
                return request
        return b""

    def both(self, requests: Iterator[bytes], _: grpc.ServicerContext) -> Iterator[bytes]:
        """Both ways: each message back."""
        for request in requests:
            tell("got")
            yield request

    def hold(self, request: bytes, _: grpc.ServicerContext) -> bytes:
        """Unary: takes as many milliseconds as it is told to."""
        tell("holds")
        time.sleep(int(request) / 1000)
        return request

    def never(self, _: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        """Any kind: tells when it begins and when it is over, which its caller or somebody on the way decides."""
        over = threading.Event()
        if not context.add_callback(over.set):
            over.set()
        tell("holds")
        over.wait()
        tell("gone")
        return iter(())

    def fail(self, _request: bytes, context: grpc.ServicerContext) -> bytes:
        """Counts an attempt and says UNAVAILABLE, in a response of trailers only."""
        tell("attempt")
        context.abort(grpc.StatusCode.UNAVAILABLE, "told to fail")
        raise AssertionError


def main() -> None:
    """Serve on a free loopback port until stdin ends."""
    settings = json.loads(sys.argv[1])
    options = [(str(name), value) for name, value in settings["options"]]
    handlers = Handlers()
    server = grpc.server(ThreadPoolExecutor(_THREADS), handlers=[_service(handlers)], options=options)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=_go, args=(server,)).start())
    tell("ready", port=port)
    for command in commands():
        if command["do"] == "speak":
            handlers.speak()


def _go(server: grpc.Server) -> None:
    """End as a well-behaved server does: take nothing new, finish what was begun."""
    server.stop(grace=_FOR_EVER_SECONDS).wait()
    os._exit(0)


def _service(handlers: Handlers) -> grpc.GenericRpcHandler:
    methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        "none": grpc.unary_unary_rpc_method_handler(handlers.none),
        "server": grpc.unary_stream_rpc_method_handler(handlers.server),
        "client": grpc.stream_unary_rpc_method_handler(handlers.client),
        "both": grpc.stream_stream_rpc_method_handler(handlers.both),
        HOLD: grpc.unary_unary_rpc_method_handler(handlers.hold),
        NEVER: grpc.stream_stream_rpc_method_handler(handlers.never),
        FAIL: grpc.unary_unary_rpc_method_handler(handlers.fail),
    }
    return grpc.method_handlers_generic_handler(SERVICE, methods)


if __name__ == "__main__":
    main()

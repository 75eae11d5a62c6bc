"""How a peer and its prover talk: JSON objects, a line each; and the names that both use."""

import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Protocol

_ONE_AT_A_TIME = threading.Lock()

SERVICE = "backstay.Proof"
"""The gRPC service of the peers; its methods are named after the streams of a call."""
FAIL = "fail"
"""The method that always fails."""
HOLD = "hold"
"""The method that takes as long as its request says."""
NEVER = "never"
"""The method that never answers: it tells when it has a call, and when that is over."""
MORE = b"more"
"""A word of a stream after which another one follows: who answers only the last one waits for that."""


def tell(event: str, **facts: object) -> None:
    """Tell the prover something; any thread may."""
    line = json.dumps({"event": event, **facts}) + "\n"
    with _ONE_AT_A_TIME:
        sys.stdout.write(line)
        sys.stdout.flush()


class Caller(Protocol):
    """A client that a prover speaks to."""

    def open(self, stream: str) -> None:
        """Begin a call of a kind of stream."""

    def speak(self, *, more: bool = False) -> None:
        """Send a word on it; `more` of them follow."""

    def fail(self) -> None:
        """Make a call that fails."""

    def hold(self, milliseconds: Sequence[int]) -> None:
        """Make calls that each take as long as is said."""

    def never(self, stream: str) -> None:
        """Make a call of a kind of stream that is never answered."""


def obey(caller: Caller) -> None:
    """Do what the prover asks a client for, until it is gone."""
    tell("ready")
    for command in commands():
        if command["do"] == "open":
            caller.open(str(command["stream"]))
        elif command["do"] == "speak":
            caller.speak(more=bool(command.get("more")))
        elif command["do"] == "fail":
            caller.fail()
        elif command["do"] == "hold":
            caller.hold(json.loads(str(command["milliseconds"])))
        elif command["do"] == "never":
            caller.never(str(command["stream"]))


def commands() -> Iterator[dict[str, object]]:
    """What the prover asks for, until it is gone: then the process ends, whatever it is waiting for."""
    for line in sys.stdin:
        yield json.loads(line)
    os._exit(0)

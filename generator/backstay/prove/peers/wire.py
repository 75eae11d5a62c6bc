"""How a peer and its prover talk: JSON objects, a line each; and the names that both use."""

import json
import os
import sys
import threading
from collections.abc import Iterator

_ONE_AT_A_TIME = threading.Lock()

SERVICE = "backstay.Proof"
"""The gRPC service of the peers; its methods are named after the streams of a call."""
FAIL = "fail"
"""The method that always fails."""
HOLD = "hold"
"""The method that takes as long as its request says."""


def tell(event: str, **facts: object) -> None:
    """Tell the prover something; any thread may."""
    line = json.dumps({"event": event, **facts}) + "\n"
    with _ONE_AT_A_TIME:
        sys.stdout.write(line)
        sys.stdout.flush()


def commands() -> Iterator[dict[str, object]]:
    """What the prover asks for, until it is gone: then the process ends, whatever it is waiting for."""
    for line in sys.stdin:
        yield json.loads(line)
    os._exit(0)

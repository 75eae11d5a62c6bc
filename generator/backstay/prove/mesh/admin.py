"""Envoy's administration interface, as pilot-agent uses it: to drain, and to count connections.

istio/istio pkg/envoy/admin.go and agent.go.
"""

import asyncio
import socket
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from backstay.core.failure import CannotTell
from backstay.prove.mesh.loopback import admin_name

_SECONDS = 10.0


async def drain(port: int, *, skip_exit: bool) -> None:
    """Begin a graceful drain of the inbound listeners of the Envoy that listens on a port.

    `skip_exit` is what a native sidecar's preStop asks for: the listeners stay open afterwards.
    """
    more = "&skip_exit" if skip_exit else ""
    await _ask(port, "POST", f"/drain_listeners?graceful{more}&inboundonly")


async def connections(port: int) -> int:
    """How many connections into the Envoy that listens on a port are open, its administration's own left out."""
    body = await _ask(port, "GET", "/stats?usedonly&filter=downstream_cx_active$")
    counts = [line.partition(": ") for line in body.splitlines()]
    return sum(int(count) for name, _, count in counts if name.startswith("listener.127"))


async def _ask(port: int, method: str, path: str) -> str:
    try:
        return await asyncio.to_thread(_exchange, port, method, path)
    except (OSError, HTTPException) as error:
        raise CannotTell(f"a sidecar's administration interface does not answer: {error}") from error


def _exchange(port: int, method: str, path: str) -> str:
    connection = _Local(admin_name(port), timeout=_SECONDS)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace")
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        raise CannotTell(f"a sidecar refused {path}: {body.strip()}")
    return body


class _Local(HTTPConnection):
    """HTTP over an abstract socket; the host is its name."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(f"\0{self.host}")

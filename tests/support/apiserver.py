"""A server on loopback that answers as a test tells it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

Reply = tuple[int, Any]
CORE = {"resources": [{"name": "namespaces", "kind": "Namespace", "namespaced": False},
                      {"name": "configmaps", "kind": "ConfigMap", "namespaced": True},
                      {"name": "pods/status", "kind": "Pod", "namespaced": True},
                      {"name": "secrets", "kind": "Secret", "namespaced": True}]}  # fmt: skip


@dataclass
class Server:
    """What it answers by method and path (without the query), and the requests that came."""

    url: str = ""
    replies: dict[tuple[str, str], Reply] = field(default_factory=lambda: {("GET", "/api/v1"): (200, CORE)})
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def on(self, method: str, path: str, status: int, body: Any) -> None:
        """Answer a request; `body` is JSON unless it is bytes or a function that writes to the connection."""
        self.replies[method, path] = (status, body)


def handler(server: Server) -> type[BaseHTTPRequestHandler]:
    """What `http.server` needs to answer as the test says."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            server.seen.append((self.command, self.path, dict(self.headers), content))
            missing = (404, {"kind": "Status", "message": "not found"})
            status, body = server.replies.get((self.command, self.path.partition("?")[0]), missing)
            self.send_response(status)
            if callable(body):
                body(self)
                return
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PATCH = answer  # noqa: N815 - the names that http.server looks for

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    return Handler

"""A server on loopback that answers as a test tells it."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Reply = tuple[int, Any]
CORE = {"resources": [{"name": "namespaces", "kind": "Namespace", "namespaced": False},
                      {"name": "configmaps", "kind": "ConfigMap", "namespaced": True},
                      {"name": "pods/status", "kind": "Pod", "namespaced": True},
                      {"name": "secrets", "kind": "Secret", "namespaced": True}]}  # fmt: skip


@dataclass
class Server:
    """What it answers by method and path (with the query, else without), and the requests that came."""

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
            whole, bare = (self.command, self.path), (self.command, self.path.partition("?")[0])
            status, body = server.replies.get(whole) or server.replies.get(bare, missing)
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


@contextmanager
def running() -> Iterator[Server]:
    """A running server, which ends with the block."""
    told = Server()
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(told)) as http:
        told.url = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield told
        finally:
            http.shutdown()
            thread.join()


def write_kubeconfig(path: Path, cluster: dict[str, Any], user: dict[str, Any], **more: Any) -> Path:
    """A kubeconfig with one context, `one`."""
    value = {
        "current-context": "one",
        "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        **more,
    }
    path.write_text(json.dumps(value))
    return path


def serve_lists(server: Server, *objects: dict[str, Any]) -> None:
    """Serve objects: each group and version with its kinds, and each kind with its list."""
    kinds: dict[str, dict[str, list[dict[str, Any]]]] = {"v1": {"Namespace": []}}
    for one in objects:
        kinds.setdefault(one["apiVersion"], {}).setdefault(one["kind"], []).append(one)
    groups = sorted(version for version in kinds if "/" in version)
    told = [
        {"name": one.partition("/")[0], "preferredVersion": {"groupVersion": one}, "versions": []}
        for one in groups
    ]
    server.on("GET", "/apis", 200, {"groups": told})
    for version, by_kind in kinds.items():
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        names = [
            {"name": f"{kind.lower()}s", "kind": kind, "namespaced": True, "verbs": ["get", "list"]}
            for kind in by_kind
        ]
        server.on("GET", root, 200, {"resources": names})
        for kind, items in by_kind.items():
            bare = [
                {key: value for key, value in one.items() if key not in ("apiVersion", "kind")}
                for one in items
            ]
            server.on("GET", f"{root}/{kind.lower()}s", 200, {"items": bare, "metadata": {}})

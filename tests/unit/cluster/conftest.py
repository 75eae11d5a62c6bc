"""A server on loopback, and the kubeconfig that leads to it."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from backstay.cluster.api import Api, connect
from backstay.cluster.kubeconfig import Access, access
from support.apiserver import Server, handler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def server() -> Iterator[Server]:
    """A running server; it ends with the test."""
    told = Server()
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(told)) as http:
        told.url = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield told
        http.shutdown()
        thread.join()


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A function that writes a kubeconfig with one context, `one`, and points KUBECONFIG at it."""

    def write(
        cluster: dict[str, Any] | None = None,
        user: dict[str, Any] | None = None,
        name: str = "config",
        **more: Any,
    ) -> Path:
        value = {
            "current-context": "one",
            "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": cluster or {}}],
            "users": [{"name": "u", "user": user or {}}],
            **more,
        }
        path = tmp_path / name
        path.write_text(json.dumps(value))
        monkeypatch.setenv("KUBECONFIG", str(path))
        return path

    return write


@pytest.fixture
def api(server: Server, kubeconfig: Callable[..., Path]) -> Callable[..., Any]:
    """A function to a connection to the server, as the user given."""

    @contextmanager
    def open_api(**user: Any) -> Iterator[Api]:
        kubeconfig({"server": server.url}, user)
        with connect(access(None)) as client:
            yield client

    return open_api


@pytest.fixture
def user(kubeconfig: Callable[..., Path]) -> Callable[..., Access]:
    """A function to the access of a user of some server."""

    def make(**settings: Any) -> Access:
        kubeconfig({"server": "https://example.test", "tls-server-name": "x"}, settings)
        return access(None)

    return make

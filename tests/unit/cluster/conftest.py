"""A server on loopback, and the kubeconfig that leads to it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from backstay.cluster.api import Api, connect
from backstay.cluster.kubeconfig import Access, access
from support.apiserver import running, write_kubeconfig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.apiserver import Server


@pytest.fixture
def server() -> Iterator[Server]:
    """A running server; it ends with the test."""
    with running() as told:
        yield told


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A function that writes a kubeconfig with one context, `one`, and points KUBECONFIG at it."""

    def write(
        cluster: dict[str, Any] | None = None,
        user: dict[str, Any] | None = None,
        name: str = "config",
        **more: Any,
    ) -> Path:
        path = write_kubeconfig(tmp_path / name, cluster or {}, user or {}, **more)
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

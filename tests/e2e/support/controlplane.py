"""A control plane of two processes, etcd and kube-apiserver, on loopback ports that were free a moment ago.

There are no controllers: nothing is scheduled, run or garbage collected, objects are judged and stored. Everything
lives in one temporary folder and ends with the block.
"""

from __future__ import annotations

import secrets
import socket
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import httpx

from e2e.support.errors import Failed
from e2e.support.kubeapi import Apiserver, connect
from e2e.support.process import serving, until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

READY_SECONDS = 90
_LOG_TAIL = 2000
_LIMITS = {"GOMEMLIMIT": "1GiB"}  # big definitions come and go faster than its collector would run


@contextmanager
def control_plane(etcd: Path, kube_apiserver: Path, folder: Path) -> Iterator[Apiserver]:
    """Run the two programs with their data, keys and logs in `folder`; yields a client once the server is ready."""
    client_port, peer_port, secure_port = free_ports(3)
    store, token = f"http://127.0.0.1:{client_port}", secrets.token_hex(16)
    token_file = folder / "tokens.csv"
    token_file.write_text(f"{token},e2e,e2e,system:masters\n")
    keys, log, url = folder / "keys", folder / "kube-apiserver.log", f"https://127.0.0.1:{secure_port}"
    with ExitStack() as stack:
        stack.enter_context(serving(_etcd_command(etcd, folder, store, peer_port), folder / "etcd.log"))
        command = _apiserver_command(kube_apiserver, keys, store, secure_port, token_file)
        alive = _watch(stack.enter_context(serving(command, log, _LIMITS)), log)
        # the key is written after the certificate is complete
        until(
            lambda: alive() and (keys / "apiserver.key").exists(), seconds=READY_SECONDS, what="a server key"
        )
        server = connect(url, keys / "apiserver.crt", token)
        stack.enter_context(server.client)
        until(lambda: alive() and _ready(server), seconds=READY_SECONDS, what="a ready kube-apiserver")
        yield server


def free_ports(count: int) -> list[int]:
    """Return `count` different loopback ports that nothing listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _etcd_command(etcd: Path, folder: Path, store: str, peer_port: int) -> list[str]:
    peer = f"http://127.0.0.1:{peer_port}"
    return [
        str(etcd),
        f"--data-dir={folder / 'etcd'}",
        "--unsafe-no-fsync",  # the data lives no longer than the tests
        "--log-level=warn",
        f"--listen-client-urls={store}",
        f"--advertise-client-urls={store}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
    ]


def _apiserver_command(program: Path, keys: Path, store: str, port: int, token_file: Path) -> list[str]:
    """Return the command line; the server makes its own certificate, whose key also signs service account tokens."""
    return [
        str(program),
        f"--etcd-servers={store}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        "--endpoint-reconciler-type=none",  # a loopback address is not accepted as an endpoint
        f"--cert-dir={keys}",
        f"--service-account-signing-key-file={keys / 'apiserver.key'}",
        f"--service-account-key-file={keys / 'apiserver.key'}",
        f"--service-account-issuer=https://127.0.0.1:{port}",
        "--service-cluster-ip-range=10.96.0.0/16",
        f"--token-auth-file={token_file}",
        "--authorization-mode=RBAC",
        "--disable-admission-plugins=ServiceAccount",  # no controller here creates default service accounts
        "--v=1",
    ]


def _watch(process: subprocess.Popen[bytes], log: Path) -> Callable[[], bool]:
    """Return a function that is true while `process` runs and raises `Failed` with its last words when it does not."""

    def alive() -> bool:
        if process.poll() is not None:
            raise Failed(process.returncode, f"kube-apiserver ended: {log.read_text()[-_LOG_TAIL:]}")
        return True

    return alive


def _ready(server: Apiserver) -> bool:
    try:
        return server.exists("/readyz") and server.exists("/api/v1/namespaces/default")
    except httpx.TransportError:
        return False

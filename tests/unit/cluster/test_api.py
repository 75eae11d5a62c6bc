"""The client of an API server: it only reads, and every odd answer is a lack of a verdict in words."""

from __future__ import annotations

import json
import socket
import sys
from typing import TYPE_CHECKING, Any

import pytest

from backstay.cluster import api as module
from backstay.cluster.api import connect
from backstay.cluster.kubeconfig import access
from backstay.cluster.login import Login
from backstay.cluster.tls import tls_context
from backstay.core.failure import CannotTell

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.apiserver import Server

OBJECT = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}


def test_an_object_is_read_as_the_user(server: Server, api: Any):
    """With the token, and without asking for compression, whose size nobody knows."""
    server.on("GET", "/x", 200, OBJECT)
    with api(token="t") as client:  # noqa: S106 - the test's own
        answer = client.get("/x")
    assert (answer.status, answer.body) == (200, OBJECT)
    headers = server.seen[0][2]
    assert (headers["Authorization"], headers["Accept-Encoding"]) == ("Bearer t", "identity")


def test_applying_is_always_a_dry_run(server: Server, api: Any):
    """As one field manager, over conflicts, and stored nowhere."""
    server.on("PATCH", "/x", 200, OBJECT)
    with api() as client:
        assert client.rehearse("/x", OBJECT, "backstay").body == OBJECT
    method, path, headers, content = server.seen[0]
    assert (method, path) == ("PATCH", "/x?dryRun=All&fieldManager=backstay&force=true")
    assert (headers["Content-Type"], json.loads(content)) == ("application/apply-patch+yaml", OBJECT)


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422, 500])
def test_a_refused_dry_run_is_an_answer(status: int, server: Server, api: Any):
    """The server has judged the object."""
    server.on("PATCH", "/x", status, {"message": "immutable"})
    with api() as client:
        assert client.rehearse("/x", OBJECT, "backstay").message == "immutable"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, r"does not know who asks \(401\)"), (403, "not allowed to read /x: no"), (429, "could not read /x: no"),
        (500, "could not read /x"), (503, "could not read /x"), (302, "could not read /x"),
    ],
)  # fmt: skip
def test_other_answers_are_no_verdict(status: int, words: str, server: Server, api: Any):
    """In the server's words where there are some."""
    server.on("GET", "/x", status, {"message": "no"})
    with api() as client, pytest.raises(CannotTell, match=words) as failed:
        client.get("/x")
    assert failed.value.help


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[1]", b'"x"', b"{", b"[" * 100_000, b'{"a":' * 200 + b"1" + b"}" * 200, b"\xff\xfe", b'{"a":[' + b"[" * 150 + b"]" * 150 + b"]}"],
    ids=["nothing", "a page", "a list", "a text", "half of it", "brackets", "too deep", "no text", "lists in lists"],
)  # fmt: skip
def test_what_is_no_object_is_no_verdict(body: bytes, server: Server, api: Any):
    """Whatever answers there."""
    server.on("GET", "/x", 200, body)
    with api() as client, pytest.raises(CannotTell, match="no Kubernetes object"):
        client.get("/x")


def test_an_error_need_not_be_an_object(server: Server, api: Any):
    """A proxy's page says no more than its status."""
    server.on("GET", "/x", 502, b"<html>secret</html>")
    with api() as client, pytest.raises(CannotTell, match="could not read /x: HTTP status 502"):
        client.get("/x")
    server.on("GET", "/x", 403, {"message": "\x1b[2J" + "x" * 10_000})
    with api() as client, pytest.raises(CannotTell) as failed:
        client.get("/x")
    assert len(failed.value.message) < 600
    assert failed.value.message.isprintable()


def test_an_endless_answer_ends(server: Server, api: Any, monkeypatch: pytest.MonkeyPatch):
    """By its size, or by its time."""
    monkeypatch.setattr(module, "_MAX_BYTES", 1000)
    server.on("GET", "/large", 200, {"a": "x" * 2000})
    with api() as client, pytest.raises(CannotTell, match="more than 1000 bytes"):
        client.get("/large")
    server.on("GET", "/slow", 200, b"{}")
    monkeypatch.setattr(module, "_SECONDS", -1.0)
    monkeypatch.setattr(module, "_CONNECT_SECONDS", 5.0)
    kept = module._client
    monkeypatch.setattr(module, "_client", lambda *given: _patient(kept, given))
    with api() as client, pytest.raises(CannotTell, match="no whole answer"):
        client.get("/slow")


def _patient(make: Callable[..., Any], given: tuple[Any, ...]) -> Any:
    """The client as it is made, but for its own timeout."""
    client = make(*given)
    client.timeout = 10
    return client


def test_an_answer_that_breaks_off_is_no_verdict(server: Server, api: Any):
    """Half an object is none."""

    def half(handler: Any) -> None:
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"a": 1')

    server.on("GET", "/x", 200, half)
    with api() as client, pytest.raises(CannotTell, match=r"cannot reach http://127\.0\.0\.1"):
        client.get("/x")


def test_a_server_that_does_not_listen_is_no_verdict(kubeconfig: Callable[..., Path]):
    """By address, and with what to look at."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        kubeconfig({"server": f"https://me:s3cret@127.0.0.1:{port}"})
        with (
            connect(access(None)) as client,
            pytest.raises(CannotTell, match=f"cannot reach https://127.0.0.1:{port}") as failed,
        ):
            client.get("/x")
    assert "s3cret" not in failed.value.message
    assert "cluster-info" in failed.value.help


def test_a_server_that_never_answers_is_no_verdict(
    kubeconfig: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
):
    """It takes the connection and says nothing."""
    monkeypatch.setattr(module, "_SECONDS", 0.2)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        kubeconfig({"server": f"http://127.0.0.1:{held.getsockname()[1]}"})
        with connect(access(None)) as client, pytest.raises(CannotTell, match="no whole answer within 0 s"):
            client.get("/x")


def test_a_server_without_tls_is_no_verdict(server: Server, kubeconfig: Callable[..., Path]):
    """Where https is expected."""
    kubeconfig({"server": server.url.replace("http", "https")})
    with connect(access(None)) as client, pytest.raises(CannotTell, match="no TLS with https"):
        client.get("/x")


@pytest.mark.parametrize(
    "address", ["", "example.test", "ftp://example.test", "https://", "https:///x", "https://exa mple"]
)
def test_a_context_without_a_server_is_no_verdict(address: str, kubeconfig: Callable[..., Path]):
    """There is nobody to ask."""
    kubeconfig({"server": address})
    with pytest.raises(CannotTell, match="context `one` names no server"), connect(access(None)):
        pass


@pytest.mark.parametrize(
    ("cluster", "user"),
    [
        ({"server": "https://a:port"}, {}), ({"server": "https://a", "proxy-url": "x://y"}, {}),
        ({"server": "https://a"}, {"token": "s3crét\n"}),
    ],
)  # fmt: skip
def test_settings_that_no_client_takes_are_no_verdict(
    cluster: Any, user: Any, kubeconfig: Callable[..., Path]
):
    """Without the text of the error, which may hold the token."""
    kubeconfig(cluster, user)
    with (
        pytest.raises(CannotTell, match=r"server, proxy or token .* cannot be used") as failed,
        connect(access(None)),
    ):
        pass
    assert "s3cr" not in failed.value.message + failed.value.help


def test_without_httpx_the_extra_is_named(kubeconfig: Callable[..., Path], monkeypatch: pytest.MonkeyPatch):
    """One command to get it."""
    kubeconfig({"server": "https://a"})
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(CannotTell, match="httpx") as failed, connect(access(None)):
        pass
    assert failed.value.help == "pip install 'backstay[live]'"


@pytest.mark.parametrize(
    "text", ["no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_unusable_certificates_are_no_verdict(text: str, kubeconfig: Callable[..., Path], tmp_path: Path):
    """Of the authority and of the client; the key stays where nobody finds it."""
    (tmp_path / "ca").write_text(text)
    kubeconfig({"server": "https://a", "certificate-authority": "ca"})
    with pytest.raises(CannotTell, match="certificate-authority holds no certificate"):
        tls_context(access(None).cluster, Login())
    kubeconfig({"server": "https://a"})
    with pytest.raises(CannotTell, match="client certificate and key cannot be used"):
        tls_context(access(None).cluster, Login("", text, text))

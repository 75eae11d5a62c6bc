"""Who asks: tokens, passwords, certificates, and the programs that bring them."""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from backstay.cluster import login as module
from backstay.cluster.kubeconfig import Access
from backstay.cluster.login import Login, login
from backstay.core.failure import CannotTell

if TYPE_CHECKING:
    from pathlib import Path

User = Callable[..., Access]
V1 = "client.authentication.k8s.io/v1"


def plugin(code: str, **more: Any) -> dict[str, Any]:
    """An `exec` entry that runs Python code."""
    return {"apiVersion": V1, "command": sys.executable, "args": ["-c", code], **more}


def printing(**status: str) -> str:
    """Code that prints a credential."""
    return f"print({json.dumps(json.dumps({'status': status}))})"


def test_what_stands_in_the_kubeconfig(user: User, tmp_path: Path):
    """A token, a token's file before it, a name with a password, a certificate, or nothing."""
    (tmp_path / "token").write_text("from a file\n")
    assert login(user(token="t")).header == "Bearer t"  # noqa: S106 - the test's own
    assert login(user(token="t", tokenFile="token")).header == "Bearer from a file"  # noqa: S106 - the test's own
    assert login(user(username="me", password="pw")).header == f"Basic {b64encode(b'me:pw').decode()}"  # noqa: S106 - the test's own
    pem = {
        "client-certificate-data": b64encode(b"cert").decode(),
        "client-key-data": b64encode(b"key").decode(),
    }
    assert login(user(**pem)) == Login("", "cert", "key")
    assert login(user()) == Login()


def test_a_program_brings_a_token_or_a_certificate(user: User):
    """As ExecCredential has it."""
    assert login(user(exec=plugin(printing(token="t")))) == Login("Bearer t")  # noqa: S106 - the test's own
    pair = printing(clientCertificateData="cert", clientKeyData="key")
    assert login(user(exec=plugin(pair))) == Login("", "cert", "key")


def test_a_program_gets_its_variables_and_the_cluster_if_it_wants_it(user: User):
    """And knows that nobody is there to answer."""
    code = "import os,json; print(json.dumps({'status': {'token': os.environ['A'] + os.environ['KUBERNETES_EXEC_INFO']}}))"
    told = login(
        user(exec=plugin(code, env=[{"name": "A", "value": "x"}, 1], provideClusterInfo=True))
    ).header
    info = json.loads(told.removeprefix("Bearer x"))
    assert info["spec"] == {
        "interactive": False,
        "cluster": {"server": "https://example.test", "tls-server-name": "x"},
    }
    assert (info["apiVersion"], info["kind"]) == (V1, "ExecCredential")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"auth-provider": {}}, "needs an auth-provider"),
        ({"exec": plugin("", apiVersion="client.authentication.k8s.io/v1alpha1")}, "of an unknown version"),
        ({"exec": {"apiVersion": V1}}, "of an unknown version"),
        ({"exec": {"apiVersion": V1, "command": "no-such-program-here"}}, "cannot be started"),
        (
            {"exec": plugin("import sys; print('s3cret', file=sys.stderr); sys.exit(4)")},
            "ended with status 4",
        ),
        ({"exec": plugin("print('s3cret')")}, "printed no credential"),
        ({"exec": plugin("print('[]')")}, "printed no credential"),
        ({"exec": plugin("print('{\"status\": 1}')")}, "printed no credential"),
        ({"exec": plugin("print('[' * 100000)")}, "printed no credential"),
    ],
)
def test_a_login_that_fails_is_no_verdict(settings: dict[str, Any], words: str, user: User):
    """With what is wrong, what to do, and nothing of what the program said."""
    with pytest.raises(CannotTell, match=words) as failed:
        login(user(**settings))
    assert failed.value.help
    assert "s3cret" not in failed.value.message


def test_a_program_that_is_not_there_may_say_how_to_get_it(user: User):
    """`installHint` of the kubeconfig, its first line."""
    entry = {
        "apiVersion": V1,
        "command": "no-such-program-here",
        "installHint": "\nget it from your admin\nmore",
    }
    with pytest.raises(CannotTell) as failed:
        login(user(exec=entry))
    assert failed.value.help == "get it from your admin"


def test_a_program_that_hangs_is_ended(user: User, monkeypatch: pytest.MonkeyPatch):
    """Nobody waits for ever."""
    monkeypatch.setattr(module, "_SECONDS", 0.2)
    with pytest.raises(CannotTell, match="took longer than"):
        login(user(exec=plugin("import time; time.sleep(30)")))

"""Who asks: the credentials of a kubeconfig's user, from the file or from the program that it names.

Source: client-go plugin/pkg/client/auth/exec and pkg/apis/clientauthentication (v1, v1beta1).
"""

import json
import os
import subprocess
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from backstay.cluster.kubeconfig import Access, Entry
from backstay.core.failure import CannotTell

_SECONDS: Final = 60
_VERSIONS: Final = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")


@dataclass(frozen=True, slots=True)
class Login:
    """An `Authorization` header, or a client certificate with its key (PEM), or nothing. Never printed."""

    header: str = ""
    certificate: str = ""
    key: str = ""


def login(access: Access) -> Login:
    """The credentials of a context's user; CannotTell when they cannot be had."""
    user = access.user
    plugin = user.value.get("exec")
    if isinstance(plugin, Mapping):
        return _from_plugin(Entry(plugin, user.folder), access)
    if "auth-provider" in user.value:
        raise CannotTell(
            "the kubeconfig's user needs an auth-provider, which Kubernetes dropped in 1.26",
            "renew the kubeconfig with the login tool of your cluster",
        )
    return Login(_header(user), user.pem("client-certificate"), user.pem("client-key"))


def _header(user: Entry) -> str:
    """A token from its file (which others renew) before one in the kubeconfig, before a password."""
    token = user.content("tokenFile").strip() or user.text("token")
    if token:
        return f"Bearer {token}"
    name, password = user.text("username"), user.text("password")
    return f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}" if name and password else ""


def _from_plugin(plugin: Entry, access: Access) -> Login:
    version, command = plugin.text("apiVersion"), plugin.text("command")
    if version not in _VERSIONS or not command:
        raise CannotTell(
            "the kubeconfig's user names a login program of an unknown version",
            f"one of {', '.join(_VERSIONS)} is needed",
        )
    status = _answer(_run(plugin, command, version, access), command)
    token = status.get("token")
    certificate, key = status.get("clientCertificateData"), status.get("clientKeyData")
    return Login(
        f"Bearer {token}" if isinstance(token, str) and token else "",
        certificate if isinstance(certificate, str) else "",
        key if isinstance(key, str) else "",
    )


def _run(plugin: Entry, command: str, version: str, access: Access) -> bytes:
    """What the program prints; it may ask nothing, as nobody may be there to answer."""
    program = str(plugin.folder / command) if "/" in command else command
    arguments = plugin.value.get("args")
    line = [program, *(str(one) for one in arguments)] if isinstance(arguments, list) else [program]
    environment = {**os.environ, **_variables(plugin), "KUBERNETES_EXEC_INFO": _info(version, plugin, access)}
    try:
        done = subprocess.run(line, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,  # noqa: S603 - the kubeconfig's own program
                              timeout=_SECONDS, check=False)  # fmt: skip
    except OSError as failed:
        hint = plugin.text("installHint").strip().split("\n")[0]
        raise CannotTell(f"the login program `{command}` cannot be started", hint or "install it") from failed
    except subprocess.TimeoutExpired as late:
        raise CannotTell(
            f"the login program `{command}` took longer than {_SECONDS} s", "log in by hand first"
        ) from late
    if done.returncode != 0:
        raise CannotTell(
            f"the login program `{command}` ended with status {done.returncode}", "log in by hand first"
        )
    return done.stdout


def _variables(plugin: Entry) -> dict[str, str]:
    entries = plugin.value.get("env")
    pairs = [one for one in entries if isinstance(one, Mapping)] if isinstance(entries, list) else []
    return {str(one.get("name")): str(one.get("value", "")) for one in pairs}


def _info(version: str, plugin: Entry, access: Access) -> str:
    """The ExecCredential that the program is given: no terminal, and the cluster if it asks for it."""
    spec: dict[str, object] = {"interactive": False}
    if plugin.value.get("provideClusterInfo") is True:
        spec["cluster"] = {
            key: value for key, value in access.cluster.value.items()
            if key in ("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url")
        }  # fmt: skip
    return json.dumps({"apiVersion": version, "kind": "ExecCredential", "spec": spec})


def _answer(printed: bytes, command: str) -> Mapping[str, object]:
    try:
        value = json.loads(printed)
    except (ValueError, RecursionError):
        value = None
    status = value.get("status") if isinstance(value, dict) else None
    if not isinstance(status, dict):
        raise CannotTell(f"the login program `{command}` printed no credential", "log in by hand first")
    return status

"""The kubeconfig: which API server a context means, and what proves who asks.

Sources: client-go clientcmd (the merge of several files, in-cluster configuration) and clientcmd/api/v1/types.go.
Values of the file are never repeated in messages, but for names and addresses.
"""

import os
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backstay.core.failure import CannotTell
from backstay.text.yaml import parse

Value = Mapping[str, object]

_MAX_BYTES: Final = 2**20
_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_FILES_HELP: Final = "see `kubectl config view`"


class UnknownContext(LookupError):  # noqa: N818 - it names what was met
    """The context that was asked for is not in the kubeconfig; the text says which there are."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A cluster's or a user's settings, and the folder that relative paths in them start from."""

    value: Value
    folder: Path

    def text(self, key: str) -> str:
        """A setting that is a text; empty when it is not."""
        value = self.value.get(key)
        return value if isinstance(value, str) else ""

    def pem(self, key: str) -> str:
        """A certificate or key: what stands under `<key>-data`, else the file that `key` names, else nothing."""
        data = self.text(f"{key}-data")
        if data:
            return _decoded(data, f"{key}-data")
        return self.content(key)

    def content(self, key: str) -> str:
        """The text of the file that a setting names; empty when it names none."""
        path = self.text(key)
        return _read(self.folder / Path(path).expanduser(), key) if path else ""


@dataclass(frozen=True, slots=True)
class Access:
    """A context taken apart: the server and the user."""

    context: str
    cluster: Entry
    user: Entry


def access(context: str | None) -> Access:
    """The server and the user of a context, of the current one when none is named.

    Raises UnknownContext for a name that is not there, CannotTell when there is no usable kubeconfig.
    """
    files = _files()
    if not files:
        return _in_cluster(context)
    configs = [_config(path) for path in files]
    name = context or next((text for c in configs if (text := c.text("current-context"))), "")
    if not name:
        raise CannotTell(
            "the kubeconfig has no current context",
            "choose one with `kubectl config use-context`, or name one (see --help)",
        )
    found = _named(configs, "contexts", "context", name)
    if found is None:
        known = sorted(_names(configs, "contexts"))
        raise UnknownContext(f"no context `{name}` in the kubeconfig; there are {', '.join(known) or 'none'}")
    cluster = _named(configs, "clusters", "cluster", found.text("cluster"))
    if cluster is None:
        raise CannotTell(
            f"the kubeconfig's context `{name}` names a cluster that it does not have", _FILES_HELP
        )
    return Access(name, cluster, _named(configs, "users", "user", found.text("user")) or Entry({}, Path()))


def _files() -> list[Path]:
    """The files of KUBECONFIG that exist, else ~/.kube/config if it does."""
    named = [Path(name) for name in os.environ.get("KUBECONFIG", "").split(os.pathsep) if name]
    found = [path for path in named or [Path("~/.kube/config").expanduser()] if path.exists()]
    if named and not found:
        raise CannotTell(
            f"KUBECONFIG names {named[0]}, which does not exist", "point KUBECONFIG at your kubeconfig"
        )
    return found


def _config(path: Path) -> Entry:
    try:
        value = parse(_read(path, "the kubeconfig"))
    except ValueError as wrong:
        raise CannotTell(f"the kubeconfig {path} is no YAML", _FILES_HELP) from wrong
    if not isinstance(value, dict):
        raise CannotTell(f"the kubeconfig {path} holds no mapping", _FILES_HELP)
    return Entry(value, path.absolute().parent)


def _names(configs: list[Entry], section: str) -> list[str]:
    return [str(entry.get("name")) for config in configs for entry in _section(config, section)]


def _named(configs: list[Entry], section: str, key: str, name: str) -> Entry | None:
    """The entry of a name; of several files the first that has one counts."""
    for config in configs:
        for entry in _section(config, section):
            value = entry.get(key)
            if entry.get("name") == name and isinstance(value, Mapping):
                return Entry(value, config.folder)
    return None


def _section(config: Entry, section: str) -> list[Value]:
    entries = config.value.get(section)
    return [entry for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []


def _in_cluster(context: str | None) -> Access:
    """The service account of the pod that we run in."""
    if context is not None:
        raise UnknownContext(f"no context `{context}`: there is no kubeconfig")
    host, port = (
        os.environ.get("KUBERNETES_SERVICE_HOST", ""),
        os.environ.get("KUBERNETES_SERVICE_PORT", "443"),
    )
    if not host or not (_ACCOUNT / "token").exists():
        raise CannotTell(
            "there is no kubeconfig", "set KUBECONFIG, or use what `kubectl get -o yaml` prints (see --help)"
        )
    server = f"https://{f'[{host}]' if ':' in host else host}:{port}"
    cluster = Entry({"server": server, "certificate-authority": "ca.crt"}, _ACCOUNT)
    return Access("in-cluster", cluster, Entry({"tokenFile": "token"}, _ACCOUNT))


def _decoded(data: str, what: str) -> str:
    try:
        return b64decode(data, validate=True).decode("utf-8")
    except ValueError as wrong:
        raise CannotTell(f"the kubeconfig's {what} is not base64", _FILES_HELP) from wrong


def _read(path: Path, what: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) <= _MAX_BYTES:
            return content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as failed:
        reason = (
            failed.strerror.lower() if isinstance(failed, OSError) and failed.strerror else "it is not text"
        )
        raise CannotTell(f"{what} {path} cannot be read: {reason}", _FILES_HELP) from failed
    raise CannotTell(f"{what} {path} is larger than {_MAX_BYTES} bytes", _FILES_HELP)

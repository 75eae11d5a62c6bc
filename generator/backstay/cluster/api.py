"""A small client of a Kubernetes API server that only reads: GET, and PATCH as a dry run.

Every answer is bounded in size, depth and time, and whatever keeps an answer away is said in words (CannotTell).
Needs httpx, which the extra `live` brings.
"""

import json
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from backstay.cluster.kubeconfig import Access
from backstay.cluster.login import login
from backstay.cluster.tls import tls_context
from backstay.core.failure import CannotTell

if TYPE_CHECKING:
    import httpx

_CONNECT_SECONDS: Final = 5.0
_SECONDS: Final = 30.0  # for a whole answer
_MAX_BYTES: Final = 2**24  # ten times the largest object
_MAX_DEPTH: Final = 100
_MAX_WORDS: Final = 500
_ADDRESS = re.compile(r"https?://[^\s/]\S*\Z")
_HELP: Final = "is it an API server? see `kubectl cluster-info`"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said: the HTTP status and a mapping, which is a Status object for an error."""

    status: int
    body: Mapping[str, object]

    @property
    def message(self) -> str:
        """The server's own words about an error, fit to be printed and of a readable length."""
        text = self.body.get("message")
        words = text[: _MAX_WORDS + 1] if isinstance(text, str) and text else f"HTTP status {self.status}"
        shown = "".join(char if char.isprintable() else " " for char in words)
        return shown if len(shown) <= _MAX_WORDS else f"{shown[:_MAX_WORDS]}…"


class TooLarge(CannotTell):
    """An answer of more bytes than one may have: fewer objects at a time may fit."""


class Api:
    """A connection to one API server; `server` is its address, fit to be printed."""

    def __init__(self, client: "httpx.Client", server: str, extensions: Mapping[str, str]) -> None:
        self._client = client
        self._extensions = dict(extensions)
        self.server = server

    def get(self, path: str) -> Answer:
        """The answer to a GET; CannotTell for everything but an object and a 404."""
        return self._judged(self._ask("GET", path), "read", path)

    def ask(self, path: str, query: Mapping[str, str]) -> Answer:
        """The answer to a GET, refusals too; CannotTell where the server does not know who asks, or does not answer."""
        answer = self._ask("GET", path, params=dict(query))
        return self._judged(answer, "read", path) if answer.status == 401 else answer  # noqa: PLR2004 - HTTP's own number

    def rehearse(self, path: str, body: Mapping[str, object], manager: str) -> Answer:
        """The object that applying `body` would give, stored nowhere; or why the server refuses it.

        Raises CannotTell when the server does not judge the object at all.
        """
        query = {"dryRun": "All", "fieldManager": manager, "force": "true"}
        headers = {"Content-Type": "application/apply-patch+yaml"}
        content = json.dumps(body).encode()
        answer = self._ask("PATCH", path, params=query, headers=headers, content=content)
        return answer if answer.status in _REFUSALS else self._judged(answer, "apply (as a dry run)", path)

    def _ask(self, method: str, path: str, **request: object) -> Answer:
        with (
            _in_words(self.server),
            self._client.stream(method, path, extensions=self._extensions, **request) as answer,  # type: ignore[arg-type]  # as it is called
        ):
            content = self._content(answer)
        return Answer(answer.status_code, _mapping(content, answer.status_code, self.server))

    def _content(self, answer: "httpx.Response") -> bytes:
        import httpx

        give_up = time.monotonic() + _SECONDS
        content = bytearray()
        # as it comes: what is compressed, although nobody asked for it, has no bound
        for part in answer.iter_raw():
            content += part
            if len(content) > _MAX_BYTES:
                raise TooLarge(f"{self.server} answered with more than {_MAX_BYTES} bytes", _HELP)
            if time.monotonic() > give_up:
                raise httpx.ReadTimeout("the answer never ends")
        return bytes(content)

    def _judged(self, answer: Answer, verb: str, path: str) -> Answer:
        if answer.status < 300 or answer.status == 404:  # noqa: PLR2004 - HTTP's own numbers
            return answer
        if answer.status == 401:  # noqa: PLR2004 - as above
            raise CannotTell(
                f"{self.server} does not know who asks (401)",
                "log in again, or name another context of the kubeconfig",
            )
        if answer.status == 403:  # noqa: PLR2004 - as above
            raise CannotTell(
                f"not allowed to {verb} {path}: {answer.message}",
                "ask for the verbs get and patch on it, or use what `kubectl get -o yaml` prints (see --help)",
            )
        raise CannotTell(
            f"{self.server} could not {verb} {path}: {answer.message}",
            "try again, or ask who runs the cluster",
        )


_REFUSALS: Final = frozenset({400, 409, 413, 415, 422, 500})
"""A dry run that is judged and refused: invalid, immutable, unknown field (500), a webhook without dry run."""


@contextmanager
def connect(access: Access) -> Iterator[Api]:
    """A connection to the server of a kubeconfig's context; CannotTell when there cannot be one."""
    try:
        import httpx  # noqa: F401 - whether it is there
    except ImportError as missing:
        raise CannotTell(
            "--live needs httpx, which is not installed", "pip install 'backstay[live]'"
        ) from missing
    server = access.cluster.text("server").rstrip("/")
    if not _ADDRESS.match(server):
        raise CannotTell(
            f"the kubeconfig's context `{access.context}` names no server", "see `kubectl config view`"
        )
    name = access.cluster.text("tls-server-name")
    with _client(server, access) as client:
        yield Api(client, _printable(server), {"sni_hostname": name} if name else {})


def _client(server: str, access: Access) -> "httpx.Client":
    import httpx

    who = login(access)
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "backstay"}
    try:
        return httpx.Client(
            base_url=server,
            headers=headers | ({"Authorization": who.header} if who.header else {}),
            verify=tls_context(access.cluster, who),
            proxy=access.cluster.text("proxy-url") or None,
            timeout=httpx.Timeout(_SECONDS, connect=_CONNECT_SECONDS),
        )
    except (ValueError, httpx.InvalidURL) as wrong:  # never with its text: it may hold the token
        raise CannotTell(
            f"the server, proxy or token of the kubeconfig's context `{access.context}` cannot be used",
            "see `kubectl config view`",
        ) from wrong


def _printable(server: str) -> str:
    """The address without a password that may stand in it."""
    parts = urlsplit(server)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


@contextmanager
def _in_words(server: str) -> Iterator[None]:
    """Whatever goes wrong on the way to an answer, as CannotTell."""
    import httpx

    try:
        yield
    except httpx.ConnectTimeout as late:
        raise CannotTell(
            f"{server} does not answer", "check the address and your VPN: `kubectl cluster-info`"
        ) from late
    except httpx.TimeoutException as late:
        raise CannotTell(f"{server} gave no whole answer within {_SECONDS:.0f} s", "try again") from late
    except (httpx.HTTPError, ssl.SSLError, OSError) as failed:
        raise _unreachable(server, failed) from failed


def _unreachable(server: str, failed: Exception) -> CannotTell:
    reason = next((one for one in _causes(failed) if isinstance(one, ssl.SSLError)), None)
    if isinstance(reason, ssl.SSLCertVerificationError):
        words = reason.verify_message or "it cannot be verified"
        return CannotTell(
            f"the certificate of {server} is not trusted: {words}",
            "set certificate-authority-data of the kubeconfig's cluster",
        )
    if reason is not None:
        return CannotTell(
            f"no TLS with {server}: {(reason.reason or 'refused').lower()}",
            "check the kubeconfig's server and certificates",
        )
    return CannotTell(
        f"cannot reach {server}: {_short(failed)}", "check the address and your VPN: `kubectl cluster-info`"
    )


def _causes(failed: BaseException | None) -> Iterator[BaseException]:
    while failed is not None:
        yield failed
        failed = failed.__cause__ or failed.__context__


def _short(failed: Exception) -> str:
    return (str(failed).split("\n")[0] or type(failed).__name__)[:_MAX_WORDS]


def _mapping(content: bytes, status: int, server: str) -> Mapping[str, object]:
    """The answer as a mapping; an error that is none is as good as empty."""
    try:
        value = json.loads(content)
        sound = isinstance(value, dict) and _is_shallow(value, _MAX_DEPTH)
    except (ValueError, RecursionError):
        sound = False
    if sound:
        return value  # type: ignore[no-any-return]  # it has just been looked at
    if status < 300:  # noqa: PLR2004 - HTTP's own number
        raise CannotTell(f"{server} answered with something that is no Kubernetes object", _HELP)
    return {}


def _is_shallow(value: object, levels: int) -> bool:
    if isinstance(value, dict):
        return levels > 0 and all(_is_shallow(below, levels - 1) for below in value.values())
    if isinstance(value, list):
        return levels > 0 and all(_is_shallow(below, levels - 1) for below in value)
    return True

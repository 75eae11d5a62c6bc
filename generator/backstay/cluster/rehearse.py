"""Asking a cluster about planned objects: each as it is, and as applying ours would make it. Nothing is changed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from backstay.cluster.api import Api
from backstay.cluster.resources import Resources
from backstay.core.diagnostic import ObjectRef
from backstay.core.manifest import ref_of

Object = Mapping[str, object]

MANAGER: Final = "backstay"
"""The field manager that a dry run applies as."""

_AT_ONCE: Final = 4  # requests: friendly to a busy API server, and enough to hide the way there
_SECRET: Final = "Secret"  # noqa: S105 - the kind, not a secret


@dataclass(frozen=True, slots=True)
class Said:
    """What a server says about one object: as it is, as it would be, and why not where it refuses."""

    live: Object | None
    applied: Object | None = None
    note: str = ""


def rehearse_all(api: Api, bodies: Sequence[Object]) -> Iterator[Said]:
    """The server's word on each object, in order; CannotTell as soon as there is none on one of them."""
    resources = Resources(api)
    resources.require()
    paths = [resources.path(ref_of(body)) for body in bodies]
    with ThreadPoolExecutor(_AT_ONCE) as workers:
        try:
            yield from workers.map(_asker(api), paths, bodies)
        finally:
            workers.shutdown(wait=True, cancel_futures=True)


def _asker(api: Api) -> Callable[[str | None, Object], Said]:
    def ask(path: str | None, body: Object) -> Said:
        ref = ref_of(body)
        if path is None:
            return Said(None, note=f"the cluster does not serve {ref.kind} of {ref.apiVersion}")
        live = api.get(path)
        if live.status == 404:  # noqa: PLR2004 - HTTP's own number
            return Said(None)
        return _rehearsed(api, path, body, live.body)

    return ask


def _rehearsed(api: Api, path: str, body: Object, live: Object) -> Said:
    applied = api.rehearse(path, body, MANAGER)
    if applied.status == 404:  # noqa: PLR2004 - deleted meanwhile
        return Said(None)
    if applied.status < 300:  # noqa: PLR2004 - HTTP's own number
        return Said(live, applied.body)
    return Said(live, None, f"the server refuses to apply it: {_words(ref_of(body), applied.message)}")


def _words(ref: ObjectRef, message: str) -> str:
    """Why, in the server's words; not for a Secret, whose values they may repeat."""
    return "(the reason is hidden)" if ref.kind == _SECRET else message

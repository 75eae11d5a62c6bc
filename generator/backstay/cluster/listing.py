"""Every object of some kinds, page by page: what a server serves, each kind under one version, and what it refuses.

Sources: k8s.io/apimachinery pkg/apis/meta/v1 (APIGroupList, ListOptions), client-go tools/pager (500 a page, and a
token that has run out).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from backstay.cluster.api import Answer, Api, TooLarge
from backstay.cluster.resources import Resources, root

Object = Mapping[str, object]
Keep = Callable[[Object], Object | None]
"""What is kept of an object, None for nothing: pages go by, and only that stays in memory."""

_AT_ONCE: Final = 4  # as for dry runs: friendly to a busy API server
_PAGE: Final = 500  # objects, as kubectl and client-go ask
_MOST_PAGES: Final = 10_000
_GONE: Final = 410  # HTTP: the token is older than what the server remembers


@dataclass(frozen=True, slots=True)
class Served:
    """A kind as a server serves it: its group and version, and its name in paths."""

    api_version: str
    kind: str
    plural: str


@dataclass(frozen=True, slots=True)
class Listed:
    """The objects of a kind, or those that came until the server refused; why it did, in its words."""

    served: Served
    objects: Sequence[Object]
    refused: str = ""


def served(api: Api, wanted: Callable[[str, str], bool]) -> list[Served]:
    """The kinds that are wanted (by group and kind), each under the group's preferred version that has it."""
    resources = Resources(api)
    resources.require()
    found: dict[tuple[str, str], Served] = {}
    for group, versions in _groups(api):
        for version in versions if wanted(group, "") else ():
            for kind, resource in resources.of(version).items():
                if wanted(group, kind) and _lists(resource):
                    found.setdefault((group, kind), Served(version, kind, str(resource["name"])))
    return [found[key] for key in sorted(found)]


def server_version(api: Api) -> str | None:
    """What the server says of its own version, such as `v1.36.3`; None where it does not."""
    told = api.ask("/version", {}).body.get("gitVersion")
    return told if isinstance(told, str) else None


def list_all(
    api: Api, kinds: Sequence[Served], queries: Mapping[str, Mapping[str, str]], keep: Keep
) -> Iterator[Listed]:
    """The objects of each kind, in the order of the kinds; `queries` narrow some kinds, by kind.

    Raises CannotTell when the server cannot be asked at all.
    """

    def ask(one: Served) -> Listed:
        return _listed(api, one, queries.get(one.kind, {}), keep)

    with ThreadPoolExecutor(_AT_ONCE) as workers:
        try:
            yield from workers.map(ask, kinds)
        finally:
            workers.shutdown(wait=True, cancel_futures=True)


def _groups(api: Api) -> Iterator[tuple[str, list[str]]]:
    """Each API group with its versions, the preferred one first."""
    yield "", ["v1"]
    for group in _mappings(api.get("/apis").body.get("groups")):
        preferred = _mapping(group.get("preferredVersion")).get("groupVersion")
        versions = [one.get("groupVersion") for one in _mappings(group.get("versions"))]
        every = dict.fromkeys([preferred, *versions])
        yield str(group.get("name")), [one for one in every if isinstance(one, str)]


def _lists(resource: Object) -> bool:
    verbs = resource.get("verbs")
    return isinstance(verbs, list) and "list" in verbs


def _listed(api: Api, one: Served, query: Mapping[str, str], keep: Keep) -> Listed:
    found: list[Object] = []
    path = f"{root(one.api_version)}/{quote(one.plural, safe='')}"
    size, token = _PAGE, ""
    for _ in range(_MOST_PAGES):
        try:
            answer = api.ask(path, {**query, "limit": str(size), **({"continue": token} if token else {})})
        except TooLarge:
            if size == 1:
                raise
            size = max(size // 8, 1)
            continue
        if answer.status >= 300 and not _fresh(answer):  # noqa: PLR2004 - HTTP's own number
            return Listed(one, found, answer.message)
        head = {"apiVersion": one.api_version, "kind": one.kind}
        kept = (keep({**head, **item}) for item in _mappings(answer.body.get("items")))
        found += [item for item in kept if item is not None]
        token = _token(answer)
        if not token:
            return Listed(one, found)
    return Listed(one, found, f"more than {_MOST_PAGES} pages")


def _fresh(answer: Answer) -> str:
    """The token that a server gives in place of one that has run out: the rest, as it is by now."""
    return _token(answer) if answer.status == _GONE else ""


def _token(answer: Answer) -> str:
    told = _mapping(answer.body.get("metadata")).get("continue")
    return told if isinstance(told, str) else ""


def _mapping(value: object) -> Object:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> list[Object]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []

"""A client of the control plane on the loopback that may do everything: strict apply, status, eviction, watch."""

import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backstay.core.failure import CannotTell

if TYPE_CHECKING:
    import httpx

MANAGER = "backstay-prove"
Struct = dict[str, Any]
_SECONDS = 60
_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
_STATUSES = "application/strategic-merge-patch+json"


class Refused(Exception):  # noqa: N818 - it names what was met
    """The API server, or a webhook that it asked, said no; `status` is HTTP's, the text the server's own words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Client:
    """Requests to one API server; discovery is remembered."""

    def __init__(self, http: "httpx.AsyncClient") -> None:
        self._http = http
        self._known: dict[tuple[str, str], Struct] = {}

    async def apply(self, obj: Struct) -> Struct:
        """The object as stored after a strict server-side apply; `Refused` with the server's or a webhook's words."""
        query = {"fieldManager": MANAGER, "force": "true", "fieldValidation": "Strict"}
        return await self.ask("PATCH", await self.path(obj), params=query, content=obj, media=_APPLY)

    async def create(self, obj: Struct, *, strict: bool = True) -> Struct:
        """The object as stored after a create; unknown fields are refused, or without `strict` left out."""
        path = (await self.path(obj)).rsplit("/", 1)[0]
        validation = {"fieldValidation": "Strict" if strict else "Ignore"}
        return await self.ask("POST", path, params=validation, content=obj)

    async def read(self, obj: Struct) -> Struct | None:
        """The stored object of the same kind and name; None when there is none."""
        try:
            return await self.ask("GET", await self.path(obj))
        except Refused as refused:
            if refused.status == 404:  # noqa: PLR2004 - HTTP's own number
                return None
            raise

    async def merge(self, obj: Struct, change: Struct) -> Struct:
        """The object after a JSON merge patch."""
        return await self.ask("PATCH", await self.path(obj), content=change, media=_MERGE)

    async def set_status(self, obj: Struct, status: Struct) -> Struct:
        """The object after a strategic merge of its status, as a kubelet writes it."""
        return await self.ask(
            "PATCH", f"{await self.path(obj)}/status", content={"status": status}, media=_STATUSES
        )

    async def evict(self, namespace: str, name: str) -> None:
        """Ask for the eviction of a pod, as a drain does."""
        body: Struct = {
            "apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": namespace}
        }  # fmt: skip
        await self.ask("POST", f"/api/v1/namespaces/{namespace}/pods/{name}/eviction", content=body)

    async def answers(self, path: str) -> bool:
        """Whether something answers there."""
        import httpx

        try:
            return (await self._http.get(path)).is_success
        except httpx.HTTPError:
            return False

    async def ask(
        self, method: str, path: str, *, params: dict[str, str] | None = None,
        content: Struct | None = None, media: str = "application/json",
    ) -> Struct:  # fmt: skip
        """The JSON answer to one request; `Refused` when it is an error, `CannotTell` when there is none."""
        import httpx

        body = None if content is None else json.dumps(content)
        try:
            answer = await self._http.request(
                method, path, params=params, content=body, headers={"Content-Type": media}
            )
        except httpx.HTTPError as failed:
            raise CannotTell(f"the API server of the proof does not answer: {failed}") from failed
        if not answer.is_success:
            raise Refused(answer.status_code, _message(answer))
        value: Struct = answer.json()
        return value

    async def watch(self, path: str) -> AsyncIterator[tuple[str, Struct]]:
        """Changes of a collection as they happen: ADDED, MODIFIED or DELETED, and the object.

        Starts with everything that is there; ends when the server ends it.
        """
        import httpx

        try:
            async with self._http.stream("GET", path, params={"watch": "1"}, timeout=None) as answer:
                async for line in answer.aiter_lines():
                    event = json.loads(line)
                    yield event["type"], event["object"]
        except httpx.HTTPError as failed:
            raise CannotTell(f"the API server of the proof went away: {failed}") from failed

    async def path(self, obj: Struct) -> str:
        """The API path of an object; `Refused` when its kind is not served."""
        resource = await self._resource(obj["apiVersion"], obj["kind"])
        space = obj["metadata"].get("namespace", "default")
        place = f"namespaces/{space}/" if resource["namespaced"] else ""
        return f"{_group(obj['apiVersion'])}/{place}{resource['name']}/{obj['metadata']['name']}"

    async def _resource(self, api_version: str, kind: str) -> Struct:
        if (api_version, kind) not in self._known:
            entries = (await self.ask("GET", _group(api_version)))["resources"]
            match = [one for one in entries if one["kind"] == kind and "/" not in one["name"]]
            if not match:
                raise Refused(404, f"no kind {kind} in {api_version}")
            self._known[api_version, kind] = match[0]
        return self._known[api_version, kind]


@asynccontextmanager
async def client(url: str, authority: Path, token: str) -> AsyncIterator[Client]:
    """A client of the server at `url` for the length of the block; `CannotTell` without httpx."""
    try:
        import httpx
    except ImportError as missing:
        raise CannotTell(
            "`prove jobs` needs httpx, which is not installed", "pip install 'backstay[prove]'"
        ) from missing
    context = ssl.create_default_context(cafile=str(authority))
    headers = {"Authorization": f"Bearer {token}"}
    limits = httpx.Limits(max_connections=64)
    async with httpx.AsyncClient(
        base_url=url, headers=headers, verify=context, timeout=_SECONDS, trust_env=False, limits=limits
    ) as http:
        yield Client(http)


def _group(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _message(answer: "httpx.Response") -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return answer.text.strip()[:500]

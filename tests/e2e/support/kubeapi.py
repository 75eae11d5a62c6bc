"""A small client of a kube-apiserver: strict server-side apply, reading back, and CRDs that are ready when told so."""

from __future__ import annotations

import json
import ssl
from base64 import b64encode
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx

from e2e.support.errors import Failed
from e2e.support.process import until

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MANAGER = "backstay-e2e"
READY_SECONDS = 60
Object = dict[str, Any]
_FIRST = ("Namespace", "CustomResourceDefinition")


class Refused(Failed):
    """The API server answered with an error; `status` is the HTTP status, the text the server's own message."""


@dataclass(frozen=True, slots=True)
class Apiserver:
    """A running kube-apiserver: its address, the certificate it proves itself with, and an administrator's token."""

    url: str
    certificate: Path
    token: str
    client: httpx.Client
    _resources: dict[tuple[str, str], Object] = field(default_factory=dict)
    _installed: dict[str, str] = field(default_factory=dict)

    def apply(self, obj: Object, *, strict: bool = True, dry_run: bool = False) -> Object:
        """Return `obj` as stored after a server-side apply; a field the schema does not know is refused.

        Raises `Refused` with the server's message. `strict=False` drops unknown fields as a default client would.
        """
        query = {
            "fieldManager": MANAGER,
            "force": "true",
            "fieldValidation": "Strict" if strict else "Ignore",
        }
        if dry_run:
            query["dryRun"] = "All"
        headers = {"Content-Type": "application/apply-patch+yaml"}
        return self.call("PATCH", self.path(obj), params=query, headers=headers, content=json.dumps(obj))

    def apply_all(self, objects: Iterable[Object], *, dry_run: bool = False) -> dict[str, str]:
        """Apply `objects` strictly, namespaces first; return what was refused: `kind namespace/name` to message.

        Namespaces that are used but not among the objects are created, as a cluster would have them.
        """
        ordered = sorted(objects, key=lambda obj: obj["kind"] not in _FIRST)
        refusals = {}
        for obj in ordered:
            try:
                self.ensure_namespace(obj["metadata"].get("namespace"))
                self.apply(obj, dry_run=dry_run)
            except Refused as refused:
                refusals[title(obj)] = refused.message
        return refusals

    def ensure_namespace(self, name: str | None) -> None:
        """Create the namespace `name` when it is missing; nothing to do for None."""
        if name and not self.exists(f"/api/v1/namespaces/{name}"):
            self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def read(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object:
        """Return the stored object; raises `Refused` with status 404 when there is none."""
        metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
        return self.call("GET", self.path({"apiVersion": api_version, "kind": kind, "metadata": metadata}))

    def delete(self, obj: Object) -> None:
        """Delete the object that `obj` names; raises `Refused` with status 404 when there is none."""
        self.call("DELETE", self.path(obj))

    def install_crds(self, crds: Iterable[Object]) -> None:
        """Apply CustomResourceDefinitions and return once every served version of theirs answers.

        A definition of the same name with other contents is deleted first, with its objects: the server would go on
        judging by the old schema for a moment after an update, and nothing tells when that moment is over.
        """
        fresh = {crd["metadata"]["name"]: crd for crd in crds if not self._is_installed(crd)}
        for name in fresh.keys() & self._installed.keys():
            self._remove_crd(fresh[name])
        for crd in fresh.values():
            self.apply(crd)
        for name, crd in fresh.items():
            until(partial(self._is_served, crd), seconds=READY_SECONDS, what=f"the definition {name}")
            self._installed[name] = json.dumps(crd)

    def write_kubeconfig(self, path: Path) -> Path:
        """Write a kubeconfig with this server as its one context to `path` and return it."""
        authority = b64encode(self.certificate.read_bytes()).decode()
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "e2e",
            "contexts": [
                {"name": "e2e", "context": {"cluster": "e2e", "user": "e2e", "namespace": "default"}}
            ],
            "clusters": [
                {"name": "e2e", "cluster": {"server": self.url, "certificate-authority-data": authority}}
            ],
            "users": [{"name": "e2e", "user": {"token": self.token}}],
        }
        path.write_text(json.dumps(config))
        path.chmod(0o600)
        return path

    def exists(self, path: str) -> bool:
        """Tell whether something answers at the API path `path`."""
        return self.client.get(path).is_success

    def call(self, method: str, path: str, **request: Any) -> Object:
        """Return the JSON answer to one request; raises `Refused` with the server's message when it is an error."""
        answer = self.client.request(method, path, **request)
        if not answer.is_success:
            raise Refused(answer.status_code, _message(answer))
        content: Object = answer.json()
        return content

    def path(self, obj: Object) -> str:
        """Return the API path of `obj`; raises `Refused` when the server does not serve its kind."""
        resource = self._resource(obj["apiVersion"], obj["kind"])
        place = f"namespaces/{obj['metadata'].get('namespace', 'default')}/" if resource["namespaced"] else ""
        return f"{_group_path(obj['apiVersion'])}/{place}{resource['name']}/{obj['metadata']['name']}"

    def _resource(self, api_version: str, kind: str) -> Object:
        """Return the discovery entry of a kind; only hits are remembered, since CRDs come and go."""
        if (api_version, kind) not in self._resources:
            entries = self.call("GET", _group_path(api_version))["resources"]
            match = [entry for entry in entries if entry["kind"] == kind and "/" not in entry["name"]]
            if not match:
                raise Refused(404, f"no kind {kind} in {api_version}")
            self._resources[api_version, kind] = match[0]
        return self._resources[api_version, kind]

    def _is_installed(self, crd: Object) -> bool:
        return self._installed.get(crd["metadata"]["name"]) == json.dumps(crd)

    def _remove_crd(self, crd: Object) -> None:
        self.delete(crd)
        until(partial(self._is_gone, crd), seconds=READY_SECONDS, what=f"the end of {title(crd)}")

    def _is_gone(self, crd: Object) -> bool:
        return not any(self.exists(path) for path in collection_paths(crd))

    def _is_served(self, crd: Object) -> bool:
        """Tell whether objects can be written: the paths answer earlier, from when the names are accepted."""
        conditions = self.call("GET", self.path(crd)).get("status", {}).get("conditions") or []
        established = any(each["type"] == "Established" and each["status"] == "True" for each in conditions)
        return established and all(self.exists(path) for path in collection_paths(crd))


def connect(url: str, certificate: Path, token: str) -> Apiserver:
    """Return a client of the server at `url` that proves itself with `certificate`; the caller closes `.client`."""
    context = ssl.create_default_context(cafile=str(certificate))
    headers = {"Authorization": f"Bearer {token}"}
    client = httpx.Client(base_url=url, headers=headers, verify=context, timeout=30, trust_env=False)
    return Apiserver(url, certificate, token, client)


def title(obj: Object) -> str:
    """Return `kind namespace/name` of an object, for messages."""
    metadata = obj["metadata"]
    place = f"{metadata['namespace']}/" if "namespace" in metadata else ""
    return f"{obj['kind']} {place}{metadata['name']}"


def collection_paths(crd: Object) -> list[str]:
    """Return the API path of every version that a CustomResourceDefinition serves."""
    spec = crd["spec"]
    served = [version["name"] for version in spec["versions"] if version["served"]]
    return [f"/apis/{spec['group']}/{version}/{spec['names']['plural']}" for version in served]


def _group_path(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _message(answer: httpx.Response) -> str:
    """Return the message of a Status object, or the text of an answer that is none."""
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return answer.text.strip()

"""Discovery: the API path of an object, by what the server says about its kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from backstay.cluster.api import Api
from backstay.core.diagnostic import ObjectRef
from backstay.core.failure import CannotTell

Resource = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Resources:
    """What a server serves, asked once for each API version."""

    api: Api
    _known: dict[str, dict[str, Resource]] = field(default_factory=dict)

    def require(self) -> None:
        """Raise CannotTell when the server is no Kubernetes API server: others answer 404 to everything."""
        if "Namespace" not in self.of("v1"):
            raise CannotTell(
                f"{self.api.server} is no Kubernetes API server", "check the server in your kubeconfig"
            )

    def path(self, ref: ObjectRef) -> str | None:
        """The path of an object; None when the server does not serve its kind in that version."""
        resource = self.of(ref.apiVersion).get(ref.kind)
        if resource is None:
            return None
        plural = quote(str(resource.get("name")), safe="")
        space = (
            f"namespaces/{quote(ref.namespace or 'default', safe='')}/"
            if resource.get("namespaced") is True
            else ""
        )
        return f"{root(ref.apiVersion)}/{space}{plural}/{quote(ref.name, safe=':')}"

    def of(self, api_version: str) -> dict[str, Resource]:
        """The resources of an API version by kind; none for one that the server does not serve."""
        if api_version not in self._known:
            listed = self.api.get(root(api_version)).body.get("resources")
            entries = listed if isinstance(listed, list) else []
            self._known[api_version] = {
                str(one["kind"]): one for one in entries
                if isinstance(one, Mapping) and "kind" in one and "/" not in str(one.get("name", "/"))
            }  # fmt: skip
        return self._known[api_version]


def root(api_version: str) -> str:
    """`/api/v1` for the core group, `/apis/<group>/<version>` for all others."""
    return f"/apis/{quote(api_version)}" if "/" in api_version else f"/api/{quote(api_version, safe='')}"

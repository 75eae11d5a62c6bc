"""CustomResourceDefinitions among the judged objects as the schemas of their kinds.

What the API server would judge an object by is the definition that is applied with it, not a release's. Sources:
k8s.io/apiextensions-apiserver pkg/apis/apiextensions/v1 types.go, and v1beta1, whose schema may stand above the
versions.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Item
from backstay.check.schemas import kubernetes
from backstay.check.schemas.sound import Unfit, sound
from backstay.check.schemas.structural import strict
from backstay.check.schemas.walk import Schema
from backstay.core.route import Route

KIND = "CustomResourceDefinition"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a definition, and where its schema stands."""

    item: Item
    api_version: str
    kind: str
    served: bool
    route: Route

    def structural(self) -> Schema:
        """The sound part of its structural schema; Unfit where there is none."""
        if look.at(self.item.value, "spec", "preserveUnknownFields") is True:
            raise Unfit("it keeps unknown fields")
        return sound(look.at(self.item.value, *self.route))

    def schema(self, line: str) -> Schema:
        """The JSON Schema that judges objects of it, with the metadata of a Kubernetes version; or Unfit."""
        return strict(self.structural()) | {"$defs": kubernetes.object_meta(line)}


def versions(items: Iterable[Item]) -> Iterator[Version]:
    """Every version of every definition that is a whole object."""
    for item in items:
        if item.ref.kind == KIND and not item.partial:
            yield from _versions(item)


def _versions(item: Item) -> Iterator[Version]:
    spec = look.mapping(item.value.get("spec"))
    group, kind = look.text(spec.get("group")), look.text(look.at(spec, "names", "kind"))
    for version, route in look.entries(spec.get("versions"), ("spec", "versions")):
        name = look.text(version.get("name"))
        if group and kind and name:
            own = isinstance(version.get("schema"), Mapping)
            way = (*route, "schema") if own else ("spec", "validation")
            yield Version(
                item, f"{group}/{name}", kind, version.get("served") is True, (*way, "openAPIV3Schema")
            )


def says_nothing(schema: Schema) -> bool:
    """Whether a schema leaves the object's `spec` open, as those do that are kept small for old clients."""
    spec = schema.get("properties", {}).get("spec")
    return spec is not None and not spec.get("properties") and spec.get("additionalProperties") is not False

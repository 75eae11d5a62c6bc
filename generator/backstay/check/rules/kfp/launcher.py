"""kfp-launcher as its readers see it: pipeline roots and the `providers` text, taken apart once for all rules.

Keys inside `providers` are found whatever their case, as Go's JSON reader finds them
(kubeflow/pipelines backend/src/v2/config/env.go, s3.go, gcs.go).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.core.feature import Feature
from backstay.core.route import Route

NAME = "kfp-launcher"
ROOT_WHEN_EMPTY = "minio://mlpipeline/v2/artifacts"
SCHEMES = ("minio", "s3", "gs")
S3_LIKE = ("minio", "s3")

_ROOT = re.compile(rf"({'|'.join(SCHEMES)})://([^/?]+)(/[^?]*|)(\?.+|)\Z")


@dataclass(frozen=True, slots=True)
class Root:
    """A pipeline root in its pieces. `prefix` has no slash at either end; `query` starts with `?` or is empty."""

    scheme: str
    bucket: str
    prefix: str
    query: str


@dataclass(frozen=True, slots=True)
class Node:
    """A mapping inside `providers` and the way to it from the object's root."""

    value: Mapping[str, object]
    route: Route

    def key(self, name: str) -> str | None:
        """The key as it is written there; an exact match wins over one of another case."""
        if name in self.value:
            return name
        return next((key for key in self.value if key.lower() == name.lower()), None)

    def get(self, name: str) -> object:
        """The value of a key; None when it is not there."""
        key = self.key(name)
        return None if key is None else self.value[key]

    def text(self, name: str) -> str:
        """The text of a key; empty when it is not there or no text."""
        return look.text(self.get(name)) or ""

    def to(self, name: str) -> Route:
        """The route of a key that is there, else of the mapping itself."""
        key = self.key(name)
        return self.route if key is None else (*self.route, key)

    def flag(self, name: str) -> bool:
        """Whether the key is there and true."""
        return self.get(name) is True

    def node(self, name: str) -> "Node | None":
        """The mapping below a key."""
        below = self.get(name)
        return Node(look.mapping(below), self.to(name)) if isinstance(below, dict) else None

    def nodes(self, name: str) -> "tuple[Node, ...]":
        """The mappings in the list below a key."""
        return tuple(Node(value, route) for value, route in look.entries(self.get(name), self.to(name)))


@dataclass(frozen=True, slots=True)
class Provider:
    """One of `minio`, `s3`, `gs` in the `providers` of one ConfigMap.

    `default` holds for every bucket that no override names; of the `overrides` the first match wins.
    """

    item: Item
    scheme: str
    node: Node
    default: Node | None
    overrides: tuple[Node, ...]

    @property
    def states(self) -> bool:
        """Whether anything is stated for it; a provider with neither is as good as none."""
        return self.node.get("default") is not None or self.node.get("overrides") is not None

    @property
    def parts(self) -> tuple[Node, ...]:
        """The default, if any, and the overrides."""
        return (self.default, *self.overrides) if self.default else self.overrides


def launchers(ctx: Context) -> Iterator[Item]:
    """The kfp-launcher ConfigMaps of all namespaces."""
    return ctx.named("ConfigMap", NAME)


def providers_node(ctx: Context, item: Item) -> Node | None:
    """The `providers` of a kfp-launcher; None when there are none or they are no mapping."""
    value = ctx.nested(look.data(item).get("providers"))
    return Node(look.mapping(value), ("data", "providers")) if isinstance(value, dict) else None


def providers(ctx: Context) -> Iterator[Provider]:
    """Every provider of every kfp-launcher, where the installed release reads them or is not known."""
    if "pipelines" in ctx.versions and not ctx.has(Feature.LAUNCHER_PROVIDERS):
        return
    for item in launchers(ctx):
        yield from providers_of(ctx, item)


def providers_of(ctx: Context, item: Item) -> tuple[Provider, ...]:
    """The providers of one kfp-launcher."""
    return ctx.once(("providers", id(item)), lambda: tuple(_providers_of(ctx, item)))


def _providers_of(ctx: Context, item: Item) -> Iterator[Provider]:
    whole = providers_node(ctx, item)
    if whole is None:
        return
    for scheme in SCHEMES:
        node = whole.node(scheme)
        if node is not None:
            yield Provider(item, scheme, node, node.node("default"), node.nodes("overrides"))


def read_root(text: str) -> Root | None:
    """The pieces of a pipeline root; None when the launcher would not understand it or its scheme."""
    found = _ROOT.match(text)
    return Root(found[1], found[2], found[3].strip("/"), found[4]) if found else None


def root_of(item: Item) -> Root | None:
    """The pipeline root that a kfp-launcher brings about; None when it is invalid or a patch does not say."""
    stated = look.data(item).get("defaultPipelineRoot", None if item.partial else "")
    return read_root(stated or ROOT_WHEN_EMPTY) if isinstance(stated, str) else None


def by_environment(part: Node) -> bool:
    """Whether a default or an override takes its credentials from the environment."""
    credentials = part.node("credentials")
    return credentials is not None and credentials.flag("fromEnv")


IGNORED = ("endpoint", "region", "disableSSL")
"""What the launcher passes over when credentials come from the environment, until it keeps the endpoint."""


def ignores(ctx: Context, part: Node, name: str) -> bool:
    """Whether a field of a default or an override would be passed over for its `fromEnv`."""
    known = "pipelines" in ctx.versions and not ctx.has(Feature.LAUNCHER_ENVIRONMENT_KEEPS_ENDPOINT)
    return name in IGNORED and known and by_environment(part)

"""Looking into objects that may have any shape: nothing here fails, what is not there is None or empty.

Objects are plain values, whose mappings are dicts with text keys and whose lists are lists. Routes come along
with values, so that a finding can point at the field. Values of Secrets are never read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from backstay.check.context import Context, Item
from backstay.core.fact import Fact, OriginKind
from backstay.core.fix import Edit, Fix, unsafe
from backstay.core.place import Place
from backstay.core.route import Route, read

T = TypeVar("T")

_POD_SPECS: Mapping[str, Route] = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_TEMPLATE: Route = ("spec", "template", "spec")
_NO_MAPPING: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Part:
    """A mapping inside an object or inside a YAML text of it, and the way to it from the object's root."""

    item: Item
    value: Mapping[str, object]
    route: Route

    def below(self, *keys: str) -> "Part | None":
        """A mapping further down; None when it is none."""
        value = at(self.value, *keys)
        return Part(self.item, mapping(value), (*self.route, *keys)) if isinstance(value, Mapping) else None

    def down(self, *keys: str) -> "Part":
        """A mapping further down; an empty one when it is none."""
        return self.below(*keys) or Part(self.item, {}, (*self.route, *keys))

    def each(self, *keys: str) -> Iterator["Part"]:
        """The mappings in a list further down."""
        for value, route in entries(at(self.value, *keys), (*self.route, *keys)):
            yield Part(self.item, value, route)

    def values(self, *keys: str) -> Iterator[tuple[str, "Part"]]:
        """The mappings under the keys of a mapping further down, in order."""
        inner = self.down(*keys)
        for key in inner.value:
            found = inner.below(key)
            if found is not None:
                yield key, found

    def get(self, *keys: str | int) -> object:
        """The value further down; None when there is none."""
        return at(self.value, *keys)

    def to(self, key: str) -> Route:
        """The route of a key that is there, else of the mapping itself."""
        return (*self.route, key) if key in self.value else self.route


@dataclass(frozen=True, slots=True)
class Container:
    """A container of an object's pod template, and the way to it."""

    item: Item
    name: str
    value: Mapping[str, object]
    route: Route


@dataclass(frozen=True, slots=True)
class Env:
    """An environment variable. `value` None: it is a Secret's, or what it refers to is not at hand."""

    name: str
    value: str | None
    route: Route
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Environment:
    """A container's variables by name; `complete` says that a name which is not in it is surely not set."""

    found: Mapping[str, Env]
    complete: bool

    def get(self, name: str) -> Env | None:
        """The variable, if the object sets it."""
        return self.found.get(name)

    def value(self, name: str) -> str | None:
        """The variable's value, if the object sets it and it is known."""
        env = self.found.get(name)
        return env.value if env else None

    def lacks(self, name: str) -> bool:
        """Whether the variable is surely not set."""
        return self.complete and name not in self.found


def whole(item: Item) -> Part:
    """An object as a part of itself."""
    return Part(item, item.value, ())


def mapping(value: object) -> Mapping[str, object]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else _NO_MAPPING


def listing(value: object) -> Sequence[object]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else ()


def text(value: object) -> str | None:
    """The value if it is a text, else None."""
    return value if isinstance(value, str) else None


def at(value: object, *route: str | int) -> object:
    """The value at a route below `value`; None when there is none."""
    for step in route:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def entries(value: object, route: Route = ()) -> Iterator[tuple[Mapping[str, object], Route]]:
    """The mappings in a list, each with its route."""
    for index, entry in enumerate(listing(value)):
        if isinstance(entry, dict):
            yield entry, (*route, index)


def data(item: Item) -> Mapping[str, object]:
    """The `data` of a ConfigMap, without a patch's directives and deletions."""
    found = mapping(item.value.get("data"))
    return {key: value for key, value in found.items() if value is not None and not key.startswith("$")}


def config_map(ctx: Context, namespace: str, name: str) -> Item | None:
    """A ConfigMap by namespace and name; the whole object where a patch of it is at hand too."""
    found = [item for item in ctx.named("ConfigMap", name) if item.ref.namespace == namespace]
    return min(found, key=lambda item: item.partial, default=None)


def pod_spec(item: Item) -> tuple[Mapping[str, object], Route]:
    """The pod spec inside a workload and the way to it."""
    route = _POD_SPECS.get(item.ref.kind, _TEMPLATE)
    return mapping(at(item.value, *route)), route


def containers(item: Item, name: str | None = None) -> Iterator[Container]:
    """The containers of a workload, or those with a name; init containers are not among them."""
    spec, route = pod_spec(item)
    for value, place in entries(spec.get("containers"), (*route, "containers")):
        own = text(value.get("name")) or ""
        if name in (None, own):
            yield Container(item, own, value, place)


def args(container: Container) -> Iterator[tuple[str, Route]]:
    """The arguments of a container that are texts, in order."""
    for index, arg in enumerate(listing(container.value.get("args"))):
        if isinstance(arg, str):
            yield arg, (*container.route, "args", index)


def environment(ctx: Context, container: Container) -> Environment:
    """What a container's `envFrom` and `env` set; a later entry wins over an earlier one, as in the kubelet."""
    return ctx.once(
        ("environment", id(container.item), container.route), lambda: _environment(ctx, container)
    )


def _environment(ctx: Context, container: Container) -> Environment:
    found: dict[str, Env] = {}
    complete = _take_from(ctx, container, found)
    replaced = False
    for entry, route in entries(container.value.get("env"), (*container.route, "env")):
        name = text(entry.get("name"))
        replaced |= entry.get("$patch") == "replace"
        if name is None or entry.get("$patch") is not None:
            continue
        found[name] = _env(ctx, container.item, name, entry, route)
    return Environment(found, complete and (replaced or not container.item.partial))


def _take_from(ctx: Context, container: Container, found: dict[str, Env]) -> bool:
    """Add what `envFrom` brings; False when some of it is not at hand."""
    complete = True
    for entry, route in entries(container.value.get("envFrom"), (*container.route, "envFrom")):
        name = text(at(entry, "configMapRef", "name"))
        source = config_map(ctx, container.item.ref.namespace, name) if name else None
        complete &= source is not None and not source.partial
        prefix = text(entry.get("prefix")) or ""
        for key, value in data(source).items() if source else ():
            found[prefix + key] = Env(prefix + key, text(value), route)
    return complete


def _env(ctx: Context, item: Item, name: str, entry: Mapping[str, object], route: Route) -> Env:
    source = mapping(entry.get("valueFrom"))
    if not source:
        value = entry.get("value", "")
        return Env(name, value if isinstance(value, str) else None, (*route, "value"))
    secret = "secretKeyRef" in source
    return Env(name, None if secret else _referred(ctx, item, source), (*route, "valueFrom"), secret)


def _referred(ctx: Context, item: Item, source: Mapping[str, object]) -> str | None:
    """What a `configMapKeyRef` or a `fieldRef` to the namespace stands for, where that is at hand."""
    if at(source, "fieldRef", "fieldPath") == "metadata.namespace":
        return item.ref.namespace or None
    name, key = text(at(source, "configMapKeyRef", "name")), text(at(source, "configMapKeyRef", "key"))
    there = config_map(ctx, item.ref.namespace, name) if name else None
    return text(data(there).get(key)) if there and key else None


def stated(fact: Fact[T], otherwise: Place | None = None) -> Place:
    """The spec line that states a fact of the model; `otherwise` where no line does."""
    for origin in fact.origins:
        if origin.kind is OriginKind.SPEC:
            return Place(route=read(origin.ref) or ())
    return otherwise or Place()


def rewritten(fact: Fact[T], value: str | int) -> Fix | None:
    """Another value in the spec line that states a fact; None where no line does."""
    route = stated(fact).route
    return unsafe(f"write `{value}`", Edit(route, value)) if route else None


def assigned(container: Container, env: Environment, name: str, value: str) -> Edit | None:
    """A variable with another value, or added; None where `envFrom` or a reference sets it, or may."""
    found = env.get(name)
    listed = (*container.route, "env")
    if found is not None:
        own = found.route[:-2] == listed and found.route[-1] == "value"
        return Edit(found.route, value) if own else None
    entry = {"name": name, "value": value}
    return Edit((*listed, len(listing(container.value.get("env")))), entry) if env.lacks(name) else None

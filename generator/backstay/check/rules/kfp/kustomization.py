"""Kustomizations: which replacements they make and which patches they apply, as kustomize reads them.

Components run before a Kustomization's own patches, and these before its replacements
(kubernetes-sigs/kustomize api/internal/target/kusttarget.go, kusttarget_configplugin.go).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from posixpath import dirname, join, normpath

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.core.route import Route


@dataclass(frozen=True, slots=True)
class DataField:
    """A key of a ConfigMap by its name."""

    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """A target of a replacement: the piece of a field that it fills, and the field that it is taken from."""

    source: str
    delimiter: str
    index: int


@dataclass(frozen=True, slots=True)
class Patched:
    """A field of a ConfigMap after a Kustomization's patch, and where the patch says so."""

    item: Item
    value: str
    route: Route


def replacements(item: Item, aim: DataField) -> Iterator[Replacement]:
    """The replacements of pieces of one field."""
    for replacement, _ in look.entries(item.value.get("replacements")):
        source = look.text(look.at(replacement, "source", "fieldPath")) or "metadata.name"
        for target, _ in look.entries(replacement.get("targets")):
            delimiter, index = (look.at(target, "options", part) for part in ("delimiter", "index"))
            if _selects(target, aim) and isinstance(delimiter, str) and delimiter:
                yield Replacement(source, delimiter, index if isinstance(index, int) else 0)


def _selects(target: Mapping[str, object], aim: DataField) -> bool:
    select = look.mapping(target.get("select"))
    selected = select.get("name") == aim.name and select.get("kind", "ConfigMap") == "ConfigMap"
    return selected and f"data.{aim.key}" in look.listing(target.get("fieldPaths"))


def patched(ctx: Context, item: Item, aim: DataField) -> Iterator[Patched]:
    """What a Kustomization's components and then its own patches make of one field."""
    for part in (*_components(ctx, item), item):
        yield from _written_into(ctx, part, aim)
        for path in _files(part):
            for other in ctx.named("ConfigMap", aim.name):
                value = look.text(look.data(other).get(aim.key))
                if other.file == path and value is not None:
                    yield Patched(other, value, ("data", aim.key))


def _components(ctx: Context, item: Item) -> Iterator[Item]:
    """The Components that a Kustomization names, not those that these name."""
    folders = {
        _beside(item, path) for path in look.listing(item.value.get("components")) if isinstance(path, str)
    }
    return (other for other in ctx.of_kind("Component") if _beside(other, ".") in folders)


def _written_into(ctx: Context, item: Item, aim: DataField) -> Iterator[Patched]:
    for patch, route in look.entries(item.value.get("patches"), ("patches",)):
        value = _inline(ctx, patch.get("patch"), aim, aimed=look.at(patch, "target", "name") == aim.name)
        if value is not None:
            yield Patched(item, value, (*route, "patch"))


def _files(item: Item) -> Iterator[str]:
    """The files of a Kustomization's patches."""
    listed = [patch.get("path") for patch, _ in look.entries(item.value.get("patches"))]
    for path in (*listed, *look.listing(item.value.get("patchesStrategicMerge"))):
        if isinstance(path, str):
            yield _beside(item, path)


def _beside(item: Item, path: str) -> str:
    """A path that a Kustomization writes, from where its own file's path starts."""
    return normpath(join(dirname(item.file), path))


def _inline(ctx: Context, text: object, aim: DataField, *, aimed: bool) -> str | None:
    """The field in an inline patch: a strategic merge, or JSON 6902 steps at a target."""
    value = ctx.nested(text)
    if isinstance(value, Mapping):
        own = value.get("kind") == "ConfigMap" and look.at(value, "metadata", "name") == aim.name
        return look.text(look.at(value, "data", aim.key)) if own or aimed else None
    steps = (
        [step for step, _ in look.entries(value) if step.get("path") == f"/data/{aim.key}"] if aimed else []
    )
    return next((look.text(step.get("value")) for step in reversed(steps)), None)

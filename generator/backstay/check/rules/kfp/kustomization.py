"""Kustomizations: which replacements they make and which patches they apply, as kustomize reads them.

Patches run before replacements (kubernetes-sigs/kustomize api/internal/target/kusttarget_configplugin.go).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

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
    """What a Kustomization's own patches make of one field: those written into it, then those in files."""
    for patch, route in look.entries(item.value.get("patches"), ("patches",)):
        inline = look.text(patch.get("patch"))
        value = (
            _inline(ctx, inline, aim, aimed=look.at(patch, "target", "name") == aim.name) if inline else None
        )
        if value is not None:
            yield Patched(item, value, (*route, "patch"))
    for path in _files(item):
        for other in ctx.named("ConfigMap", aim.name):
            value = look.text(look.data(other).get(aim.key))
            if other.file == path and value is not None:
                yield Patched(other, value, ("data", aim.key))


def _files(item: Item) -> Iterator[str]:
    """The patch files of a Kustomization, as paths from where its own path starts."""
    listed = [patch.get("path") for patch, _ in look.entries(item.value.get("patches"))]
    for path in (*listed, *look.listing(item.value.get("patchesStrategicMerge"))):
        if isinstance(path, str):
            yield str(PurePosixPath(item.file).parent / path)


def _inline(ctx: Context, text: str, aim: DataField, *, aimed: bool) -> str | None:
    """The field in an inline patch: a strategic merge, or JSON 6902 steps at a target."""
    value = ctx.nested(text)
    if isinstance(value, Mapping):
        own = value.get("kind") == "ConfigMap" and look.at(value, "metadata", "name") == aim.name
        return look.text(look.at(value, "data", aim.key)) if own or aimed else None
    steps = (
        [step for step, _ in look.entries(value) if step.get("path") == f"/data/{aim.key}"] if aimed else []
    )
    return next((look.text(step.get("value")) for step in reversed(steps)), None)

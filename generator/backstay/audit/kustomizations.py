"""Kustomizations of a tree: which there are, what they are made of, and where a built object was written.

Built objects carry no positions, so a finding about one is placed in the file that has the same value at the same
field of the same object (patches before what they patch), else in the file of the object, else at the kustomization.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from backstay.audit.read import Holding, Reading, read_text
from backstay.audit.rules import NOT_BUILT
from backstay.audit.shapes import KUSTOMIZATION_FILES
from backstay.audit.texts import FileText, Stream
from backstay.audit.tree import File
from backstay.check import look
from backstay.check.context import Item
from backstay.cluster.kustomize import NotBuilt, build
from backstay.core.diagnostic import Diagnostic
from backstay.core.failure import BadInput
from backstay.core.place import Place
from backstay.core.route import Route, look_up

_LISTS = ("resources", "bases", "components")
_PATCHES = ("patches", "patchesJson6902")


@dataclass(frozen=True, slots=True)
class Kustomization:
    """One kustomization file: its folder, and the paths that it names.

    `remote` is a resource that is elsewhere; a `component` is nothing by itself, but a part of others.
    """

    file: File
    folder: Path
    resources: frozenset[Path]
    patches: frozenset[Path]
    remote: str | None
    component: bool


@dataclass
class Kustomizations:
    """All of a tree, by folder. `patches` are files that are no whole objects."""

    by_folder: dict[Path, Kustomization] = field(default_factory=dict)

    @property
    def patches(self) -> frozenset[Path]:
        """Every file that some kustomization applies as a patch."""
        return frozenset(path for one in self.by_folder.values() for path in one.patches)

    def roots(self) -> Iterator[Kustomization]:
        """Those that no other one builds on and that can be built alone, in order."""
        used = {path for one in self.by_folder.values() for path in one.resources}
        tops = (self.by_folder[folder] for folder in sorted(self.by_folder.keys() - used))
        yield from (one for one in tops if not one.component)

    def in_circles(self) -> Iterator[Diagnostic]:
        """Those that only build on each other: kustomize refuses them, and they have no beginning."""
        used = {path for one in self.by_folder.values() for path in one.resources}
        tops = {folder: one for folder, one in self.by_folder.items() if folder not in used}
        reached = {*tops, *found_folders(tops, self.by_folder)}
        for folder in sorted(self.by_folder.keys() - reached):
            yield NOT_BUILT.report(
                "not built, so its files are judged as they stand: it builds on itself by way of others",
                at=Place(self.by_folder[folder].file.shown, 1, 1), help="take one `resources` entry of the circle out",
            )  # fmt: skip

    def within(self, root: Kustomization) -> list[Kustomization]:
        """A kustomization and those that it builds on, each once."""
        found = {root.folder: root}
        for folder in found_folders(found, self.by_folder):
            found[folder] = self.by_folder[folder]
        return list(found.values())


def found_folders(found: Mapping[Path, Kustomization], known: Mapping[Path, Kustomization]) -> list[Path]:
    """The folders that kustomizations reach, one after the other; circles end."""
    seen, waiting = set(found), list(found)
    while waiting:
        for path in sorted(known[waiting.pop()].resources):
            if path in known and path not in seen:
                seen.add(path)
                waiting.append(path)
    return sorted(seen - set(found))


def find(files: Iterable[File]) -> Kustomizations:
    """The kustomizations among some files; those that cannot be read are judged as plain files later."""
    found = Kustomizations()
    for file in files:
        if file.path.name in KUSTOMIZATION_FILES:
            value = _value(file)
            if value is not None:
                folder = normal(file.path.parent)
                found.by_folder[folder] = _kustomization(file, folder, value)
    return found


def _value(file: File) -> Mapping[str, object] | None:
    try:
        items = list(read_text(FileText(file.path, file.shown), Reading()))
    except BadInput:
        return None
    return items[0].value if items else None


def _kustomization(file: File, folder: Path, value: Mapping[str, object]) -> Kustomization:
    named = [path for key in _LISTS for path in look.listing(value.get(key)) if isinstance(path, str)]
    patches = [look.text(one.get("path")) for key in _PATCHES for one, _ in look.entries(value.get(key))]
    patches += [look.text(one) for one in look.listing(value.get("patchesStrategicMerge"))]
    return Kustomization(
        file, folder, frozenset(normal(folder / path) for path in named),
        frozenset(normal(folder / path) for path in patches if path and "\n" not in path),
        next((path for path in named if _is_remote(path)), None), value.get("kind") == "Component",
    )  # fmt: skip


def _is_remote(path: str) -> bool:
    return "://" in path or path.startswith(("git@", "github.com/")) or "?ref=" in path


def normal(path: Path) -> Path:
    """A path that can be compared: absolute, without `..`, links as they are."""
    return Path(os.path.normpath(path.absolute()))


@dataclass(frozen=True, slots=True)
class Written:
    """The objects of the files that a kustomization is made of, by kind."""

    by_kind: Mapping[str, list[Item]]

    @staticmethod
    def of(items: Iterable[Item]) -> "Written":
        """Patches come first, and what is nearer to the root before what it builds on."""
        found: dict[str, list[Item]] = {}
        for item in sorted(items, key=lambda item: not item.partial):
            found.setdefault(item.ref.kind, []).append(item)
        return Written(found)

    def candidates(self, built: Item) -> list[Item]:
        """Those that may be the same object: of its name, or of a part of it where kustomize adds to names."""
        same = [one for one in self.by_kind.get(built.ref.kind, ()) if one.ref.name == built.ref.name]
        return same or [
            one
            for one in self.by_kind.get(built.ref.kind, ())
            if one.ref.name and one.ref.name in built.ref.name
        ]


def build_root(
    command: tuple[str, str], root: Kustomization, own: Iterable[Item], reading: Reading
) -> Holding | None:
    """What a kustomization builds to, each object placed where it was written; None when it cannot be built."""
    try:
        text = build(command, root.folder) if root.remote is None else None
        why = f"`{root.remote}` is not on this machine, and nothing is fetched"
    except NotBuilt as failed:
        text, why = None, str(failed)
    if text is None:
        reading.found.append(_not_built(root, command, why))
        return None
    written = Written.of(own)
    return Holding(Stream(text, root.file.shown), placed=lambda item: _placed(item, root, written))


def _not_built(root: Kustomization, command: tuple[str, str], why: str) -> Diagnostic:
    words = " ".join(command)
    return NOT_BUILT.report(
        f"not built, so its files are judged as they stand: {why}",
        at=Place(root.file.shown, 1, 1),
        help=f"build it yourself and audit the result: `{words} DIR | backstay audit -`",
    )


def _placed(built: Item, root: Kustomization, written: Written) -> Item:
    candidates = written.candidates(built)

    def place_of(route: Route) -> Place:
        said = _text_on(built.value, route)
        value = _at(built.value, said)
        exact = (one for one in candidates if _at(one.value, said) == value and value is not None)
        origin = next(exact, None) or next((one for one in candidates if not one.partial), None)
        return origin.place_of(route) if origin else Place(root.file.shown, 1, 1, route)

    def takes(route: Route) -> bool:
        """Where one file alone says what was built, a repair of that file is one of the built object."""
        same = (_at(one.value, route[:-1]) == _at(built.value, route[:-1]) for one in candidates)
        return len(candidates) == 1 and all(same)

    return Item(built.ref, built.value, False, built.file, place_of, takes)  # noqa: FBT003 - a field


def _text_on(value: object, route: Route) -> Route:
    """The way to the text in which a field stands, such as YAML in a ConfigMap; the whole way for other fields."""
    starts = (route[:length] for length in range(len(route) + 1))
    return next((start for start in starts if isinstance(_at(value, start), str)), route)


def _at(value: object, route: Route) -> object:
    try:
        return look_up(value, route)
    except KeyError:
        return None

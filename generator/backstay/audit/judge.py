"""The story of an audit: read everything, see what runs, judge it by schemas and rules, say what could not be judged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from backstay.audit.context import Stated
from backstay.audit.kustomizations import Kustomization, Kustomizations, Written, built_items, find, normal
from backstay.audit.objects import Objects
from backstay.audit.read import Reading, read_files, read_text
from backstay.audit.schemas import Schemas
from backstay.audit.tree import File, files, kustomizations_above
from backstay.audit.versions import Signs
from backstay.audit.with_context import judge_with, merged
from backstay.check import engine
from backstay.check.context import Context, Item
from backstay.check.cue.judge import Texts
from backstay.check.cue.judge import judge as judge_by_cue
from backstay.cluster.kustomize import tool
from backstay.core.diagnostic import Diagnostic

if TYPE_CHECKING:
    from backstay.audit.live import Cluster


@dataclass(frozen=True, slots=True)
class Audit:
    """What came of it. `notes` say what was left out and what is not known; `refused`: some file could not be read."""

    findings: list[Diagnostic]
    notes: list[str]
    objects: int
    refused: bool


@dataclass(frozen=True, slots=True)
class Given:
    """What a person adds: versions, which come before those that objects show, and a context."""

    versions: Mapping[str, str]
    context: Stated | None = None
    cue: Texts = ()
    """The organisation's policies in CUE."""


def audit_paths(paths: Sequence[Path], given: Given) -> Audit:
    """Judge files, or every file below folders, all together; a kustomization beside a file tells whether it is a patch."""
    reading = Reading()
    notes: list[str] = []
    every = list({one.shown: one for path in paths for one in files(path, reading.found)}.values())
    reading.refused = bool(reading.found)
    beside = find(kustomizations_above(path for path in paths if path.is_file())).patches
    items = _of_files(every, find(every), beside, reading, notes)
    return _judged(items, reading, given, notes)


def audit_text(text: bytes, given: Given) -> Audit:
    """Judge a stream, such as Helm's output."""
    reading = Reading()
    return _judged(list(read_text(text, "-", reading)), reading, given, [])


def audit_cluster(cluster: "Cluster", given: Given) -> Audit:
    """Judge what a cluster holds."""
    return _judged(cluster.items, Reading(), given, cluster.notes, cluster.version)


def _of_files(
    every: list[File], known: Kustomizations, beside: frozenset[Path], reading: Reading, notes: list[str]
) -> list[Item]:
    """The objects of all files: what kustomizations build to in place of the files that they are made of."""
    patches = known.patches | beside
    plain = list(read_files(every, reading, lambda file: normal(file.path) in patches))
    command = tool() if known.by_folder else None
    if command is None:
        if known.by_folder:
            notes.append(
                "there is no kustomize and no kubectl: the files of kustomizations are judged as they stand"
            )
        return plain
    items, covered = list[Item](), set[str]()
    for root in known.roots():
        parts = _files_of(root, known, every)
        own = [item for item in plain if item.file in parts]
        built = built_items(command, root, Written.of(own), reading)
        if built is not None:
            items += built
            covered |= parts
    reading.found += known.in_circles()
    return [*(item for item in plain if item.file not in covered or item.ref.kind in _OWN), *items]


_OWN = frozenset({"Kustomization", "Component"})
"""Kinds that are kustomize's own input: rules read them beside what they build to."""


def _files_of(root: Kustomization, known: Kustomizations, every: list[File]) -> frozenset[str]:
    """The files that a kustomization is made of, as they are printed."""
    within = known.within(root)
    named = {path for one in within for path in (*one.resources, *one.patches)} | {
        normal(one.file.path) for one in within
    }
    return frozenset(file.shown for file in every if normal(file.path) in named)


def _judged(
    read: list[Item], reading: Reading, given: Given, notes: list[str], server: str | None = None
) -> Audit:
    objects = Objects.of(read)
    signs = Signs()
    signs.add_server(server)
    for item in objects.items:
        signs.add(item)
    versions = signs.versions(given.versions)
    schemas = Schemas(versions.exact)
    context = Context(objects.items, versions.features, versions.lines)
    found = (*(one for item in objects.items for one in schemas.judge(item)), *engine.run(context))
    by_cue = judge_by_cue(given.cue, objects.items)
    with_context = judge_with(given.context, objects, context, versions)
    return Audit(
        [*reading.found, *merged(map(objects.located, (*found, *by_cue)), with_context)],
        [*notes, *_others(reading), *_strangers(schemas), *versions.notes, *with_context.notes],
        len(objects.items), reading.refused or with_context.refused,
    )  # fmt: skip


def _others(reading: Reading) -> Iterable[str]:
    if reading.others:
        names = sorted(reading.others)
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004 - a list to read
        yield f"no Kubernetes objects: {shown}"


def _strangers(schemas: Schemas) -> Iterable[str]:
    for (api_version, kind), count in sorted(schemas.strangers.items()):
        many = "1 object is" if count == 1 else f"{count} objects are"
        yield f"no schema of `{kind}` under `{api_version}` is at hand: {many} judged by the rules alone"

"""The story of an audit: read everything, see what runs, judge it by schemas and rules, say what could not be judged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from backstay.audit.context import Stated
from backstay.audit.kustomizations import Kustomization, Kustomizations, build_root, find, normal
from backstay.audit.read import AtHand, Holding, Reading
from backstay.audit.schemas import Schemas
from backstay.audit.streamed import Streamed
from backstay.audit.survey import Survey, survey
from backstay.audit.texts import FileText, Stream, Text
from backstay.audit.tree import File, files, kustomizations_above
from backstay.audit.unstated import Judged, unjudged
from backstay.audit.versions import Versions
from backstay.check import together
from backstay.check.context import Context
from backstay.check.cue.judge import Texts
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
    versions: tuple[str, ...] = ()
    """What runs, each with what shows it."""
    commented: tuple[Text, ...] = ()
    """Texts that may hold comments which excuse findings."""
    silent: frozenset[str] = frozenset()
    """Ids and families of rules that could not be judged."""


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
    tree = _tree(every, find(every), beside, reading, notes)
    return _judged(tree, survey(tree), reading, given, notes)


def audit_text(text: bytes, given: Given) -> Audit:
    """Judge a stream, such as Helm's output."""
    tree = [Holding(Stream(text, "-"))]
    return _judged(tree, survey(tree), Reading(), given, [])


def audit_cluster(cluster: "Cluster", given: Given) -> Audit:
    """Judge what a cluster holds. Its objects are in memory, so that rules may see all of them together."""
    seen = Survey(set(together.words()))
    seen.signs.add_server(cluster.version)
    for item in cluster.items:
        seen.add(item)
    return _judged([AtHand(cluster.items)], seen, Reading(), given, cluster.notes)


def _tree(
    every: list[File], known: Kustomizations, beside: frozenset[Path], reading: Reading, notes: list[str]
) -> list[Holding]:
    """What all files hold: what kustomizations build to in place of the files that they are made of."""
    patches = known.patches | beside
    plain = [Holding(FileText(file.path, file.shown), partial=normal(file.path) in patches) for file in every]
    command = tool() if known.by_folder else None
    if command is None:
        if known.by_folder:
            notes.append(
                "there is no kustomize and no kubectl: the files of kustomizations are judged as they stand"
            )
        return plain
    built, covered = list[Holding](), set[str]()
    for root in known.roots():
        parts = _files_of(root, known, every)
        own = (item for part in plain if part.text.shown in parts for item in part.items(Reading()))
        found = build_root(command, root, own, reading)
        if found is not None:
            built.append(found)
            covered |= parts
    reading.found += known.in_circles()
    return [*(replace(part, only=_OWN) if part.text.shown in covered else part for part in plain), *built]


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
    tree: Sequence[Holding | AtHand], seen: Survey, reading: Reading, given: Given, notes: list[str]
) -> Audit:
    """Everything by the versions that a first look shows, and once more if a closer look shows others."""
    seen.signs.add_definitions(seen.definitions.telling())
    versions = seen.signs.versions(given.versions)
    while True:
        split = together.EVERYTHING if given.context else together.split(seen.words)
        streamed = Streamed(versions, split, given.cue, reading.copy(), seen.signs, seen.definitions)
        streamed.take(tree)
        shown = seen.signs.versions(given.versions)
        if shown.exact == versions.exact:
            return replace(_told(streamed, shown, given.context, notes), commented=tuple(seen.commented))
        versions = shown


_FAMILIES = {
    "istio": ("MSH", "SCH"), "jobset": ("JOB", "SCH"), "kubernetes": ("JOB", "MSH", "SCH"), "kueue": ("JOB", "SCH"),
    "pipelines": ("KFP", "VER"), "trainer": ("JOB", "SCH"), "training_operator": ("JOB", "SCH"),
    "workflows": ("KFP", "SCH", "VER"), "zenml": ("JOB",),
}  # fmt: skip
"""The families with rules that ask for a system's version."""


def _told(streamed: Streamed, versions: Versions, stated: Stated | None, notes: list[str]) -> Audit:
    context, reading = streamed.context(streamed.kept.items), streamed.reading
    by_objects = (*versions.found, *streamed.found, *map(streamed.kept.located, streamed.related(context)))
    with_context = _with_context(stated, streamed, context, versions)
    return Audit(
        [*reading.found, *with_context.merged(by_objects)],
        [*notes, *_others(reading), *_strangers(streamed.schemas), *streamed.definitions.notes, *versions.notes, *with_context.notes],
        streamed.objects, reading.refused or with_context.refused, versions.told,
        silent=with_context.silent | {one for name in versions.unknown for one in _FAMILIES.get(name, ())},
    )  # fmt: skip


def _with_context(stated: Stated | None, streamed: Streamed, context: Context, versions: Versions) -> Judged:
    if stated is None:
        return unjudged(streamed.kinds)
    from backstay.audit.with_context import judge_with  # the whole model, which few audits want

    return judge_with(stated, streamed.kept, context, versions)


def _others(reading: Reading) -> Iterable[str]:
    if reading.others:
        names = sorted(reading.others)
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004 - a list to read
        yield f"no Kubernetes objects: {shown}"


def _strangers(schemas: Schemas) -> Iterable[str]:
    for (api_version, kind), count in sorted(schemas.strangers.items()):
        many = "1 object is" if count == 1 else f"{count} objects are"
        yield f"no schema of `{kind}` under `{api_version}` is at hand: {many} judged by the rules alone"

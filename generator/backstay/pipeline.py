"""The story: what happens to one cluster's spec, a call a stage. No logic lives here."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from backstay.check import engine
from backstay.check.context import Context, Item, item_of
from backstay.check.schema import SchemaSet, judge
from backstay.core.diagnostic import Diagnostic, stops
from backstay.core.manifest import Manifest, Role, Settled, settle
from backstay.core.route import read
from backstay.emit import registry
from backstay.emit.bundle import files as bundle
from backstay.emit.gitops import fleet, kustomization
from backstay.load.files import named
from backstay.load.profiles import Merged
from backstay.model.cluster import Cluster
from backstay.model.tuning import NO_TUNING, Tuning
from backstay.render.file import render_file
from backstay.render.header import Header
from backstay.render.tree import render_tree
from backstay.render.yaml import dump
from backstay.resolve.cluster import resolve
from backstay.spec.parse import parse

if TYPE_CHECKING:
    from backstay.check.cue.door import Text

FLEET = "fleet"
"""The folder beside the clusters' that holds what makes the GitOps engine apply them."""


@dataclass(frozen=True, slots=True)
class Source:
    """A merged spec: its values, the header of what is made from it, and who wrote what, where."""

    value: Mapping[str, object]
    header: Header
    writer_of: Callable[[str], str | None]
    locate: Callable[[Diagnostic], Diagnostic]


def source_of(merged: Merged) -> Source:
    """A loaded spec as the other stages need it; places stay symbolic until a finding has to be printed."""
    names = {document.file: named(document.file) for document in merged.documents}
    *profiles, source = (names[document.file] for document in merged.documents)

    def writer_of(words: str) -> str | None:
        if not profiles:
            return source
        route = read(words)
        return None if route is None else names[merged.writer(route).file]

    return Source(merged.value, Header(source, tuple(profiles)), writer_of, merged.located)


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of a spec: findings always; model and objects as far as it got."""

    findings: list[Diagnostic]
    cluster: Cluster | None = None
    settled: tuple[Settled, ...] = ()
    fleet: tuple[Settled, ...] = ()

    @property
    def stops(self) -> bool:
        """Whether nothing may be written."""
        return stops(self.findings)


def compile_spec(source: Source, tuning: Tuning = NO_TUNING, cue: tuple["Text", ...] = ()) -> Compiled:
    """Parse, resolve, emit, check: everything but the bytes; `tuning` and `cue` are the policy's."""
    spec, findings = parse(source.value)
    if spec is None:
        return _located(Compiled(findings), source)
    cluster, found = resolve(spec)
    findings += found
    if cluster is None:
        return _located(Compiled(findings), source)
    cluster = replace(cluster, tuning=tuning)
    settled = emit(cluster, source.header)
    own = tuple(settle(manifest, dump) for manifest in fleet.emit(cluster))
    findings += check(cluster, (*settled, *own), cue)
    return _located(Compiled(findings, cluster, settled, own), source)


def emit(cluster: Cluster, header: Header) -> tuple[Settled, ...]:
    """Every object, patch, kustomization and bundle file of a cluster."""
    emitted = registry.emit(cluster)
    manifests = [manifest for manifest in emitted if manifest.role is not Role.BUNDLE]
    bundled = (*bundle.emit(cluster, manifests), *(m for m in emitted if m.role is Role.BUNDLE))
    files = [settle(manifest, dump) for manifest in bundled]
    digests = {
        file.file.removeprefix("bundle/"): sha256(render_file(file, header)).hexdigest() for file in files
    }
    rest: list[Manifest] = [*bundle.index(cluster, digests), *kustomization.emit(cluster, manifests)]
    return (*(settle(manifest, dump) for manifest in (*manifests, *rest)), *files)


def check(cluster: Cluster, settled: tuple[Settled, ...], cue: tuple["Text", ...] = ()) -> list[Diagnostic]:
    """The rules over model, objects and controllers' configurations; schemas and the organisation's CUE over objects."""
    objects = [item_of(one) for one in settled if one.role is not Role.BUNDLE]
    configs = [item_of(one) for one in settled if one.role is Role.BUNDLE]
    context = Context(
        [*objects, *configs], cluster.features, cluster.versions, cluster, cluster.tuning.parameters
    )
    found = [*engine.run(context), *judge(SchemaSet.of(cluster.versions), objects)]
    return [*found, *_by_cue(cue, objects)] if cue else found


def _by_cue(cue: tuple["Text", ...], objects: list[Item]) -> Iterator[Diagnostic]:
    from backstay.check.cue.judge import judge as judge_by  # an engine that few folders want

    return judge_by(cue, objects)


def render(compiled: Compiled, source: Source) -> dict[str, bytes]:
    """The bytes of a cluster's files."""
    assert compiled.cluster is not None  # noqa: S101 - only compiled specs are rendered
    beside = [replace(one, file=f"../{FLEET}/{one.file}") for one in compiled.fleet]
    return render_tree(compiled.cluster.name, compiled.settled, source.header, source.writer_of, beside)


def render_fleet(files: Mapping[str, bytes], header: Header) -> dict[str, bytes]:
    """The fleet folder: the clusters' own files and a kustomization over them."""
    if not files:
        return {}
    index = settle(fleet.kustomization(files), dump)
    return {**files, index.file: render_file(index, header)}


def _located(compiled: Compiled, source: Source) -> Compiled:
    """Symbolic places become file, line and column: only now, and only for what is printed."""
    return replace(compiled, findings=[source.locate(finding) for finding in compiled.findings])

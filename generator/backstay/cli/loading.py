"""Specs from disk through the compiler, one cluster at a time, for every command that needs them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backstay.core.diagnostic import Diagnostic
from backstay.core.failure import BadInput
from backstay.core.place import Place
from backstay.load.fleet import Refused, fleet
from backstay.load.profiles import Merged
from backstay.load.rules import NO_CLUSTERS
from backstay.pipeline import Compiled, Source, compile_spec, source_of


@dataclass(frozen=True, slots=True)
class Loaded:
    """One cluster file: its spec and what became of it; `merged` None when it could not be read."""

    file: str
    findings: tuple[Diagnostic, ...]
    merged: Merged | None = None
    source: Source | None = None
    compiled: Compiled | None = None

    @staticmethod
    def of(spec: Merged | Refused) -> "Loaded":
        """Compile what was read."""
        return Loaded(spec.file, spec.found) if isinstance(spec, Refused) else _compiled(spec)

    @property
    def name(self) -> str:
        """The cluster's name, as far as the spec says."""
        return self.compiled.cluster.name if self.compiled and self.compiled.cluster else ""


def load(specs: Path, only: tuple[str, ...] = ()) -> Iterator[Loaded]:
    """Every cluster of SPECS, compiled in memory; with `only`, just those clusters. Nothing is kept."""
    found = set()
    for spec in fleet(specs):
        name = None if isinstance(spec, Refused) else _name(spec)
        if isinstance(spec, Refused) or not only or name in only:
            found.add(name)
            yield Loaded.of(spec)
    missing = [name for name in only if name not in found]
    if missing:
        raise BadInput([no_such(name, specs) for name in missing])


def _compiled(merged: Merged) -> Loaded:
    source = source_of(merged)
    compiled = compile_spec(source)
    return Loaded(merged.file, tuple(compiled.findings), merged, source, compiled)


def _name(merged: Merged) -> object:
    metadata = merged.value.get("metadata")
    return metadata.get("name") if isinstance(metadata, dict) else None


def no_such(name: str, specs: Path) -> Diagnostic:
    """The finding about a cluster's name that no spec has."""
    return NO_CLUSTERS.report(
        f"no spec has the name `{name}`", at=Place(str(specs)), help="see `metadata.name` of the specs"
    )

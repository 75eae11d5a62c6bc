"""Specs from disk through the compiler, one cluster at a time, for every command that needs them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from backstay.check.policy.reach import unreached
from backstay.cli.policies import NO_EXCUSES, Excuses, Judge, judge_for
from backstay.core.diagnostic import Diagnostic
from backstay.core.failure import BadInput
from backstay.core.place import Place
from backstay.load.fleet import Refused, fleet
from backstay.load.formats import READERS, Read
from backstay.load.profiles import Merged
from backstay.load.rules import NO_CLUSTERS
from backstay.pipeline import Compiled, Source, compile_spec, source_of


def _read_cue(name: str, text: str) -> Read:
    from backstay.cli.cue import read_spec  # an engine that few specs want

    return read_spec(name, text)


READERS[".cue"] = _read_cue
NO_POLICY = Judge()
"""Findings as the rules have them."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """One cluster file: its spec and what became of it; `merged` None when it could not be read."""

    file: str
    findings: tuple[Diagnostic, ...]
    merged: Merged | None = None
    source: Source | None = None
    compiled: Compiled | None = None
    excuses: Excuses = NO_EXCUSES

    @staticmethod
    def of(spec: Merged | Refused, judge: Judge = NO_POLICY) -> "Loaded":
        """Compile what was read, and judge it by a policy."""
        return Loaded(spec.file, spec.found) if isinstance(spec, Refused) else _compiled(spec, judge)

    @property
    def name(self) -> str:
        """The cluster's name, as far as the spec says."""
        return self.compiled.cluster.name if self.compiled and self.compiled.cluster else ""


def load(specs: Path, only: tuple[str, ...] = (), judge: Judge | None = None) -> Iterator[Loaded]:
    """Every cluster of SPECS, compiled in memory; with `only`, just those clusters. Nothing is kept.

    Findings are as the policy sees them: by default that of the folder beside SPECS.
    """
    judge = judge_for(specs) if judge is None else judge
    found = set()
    for spec in fleet(specs):
        name = None if isinstance(spec, Refused) else _name(spec)
        if isinstance(spec, Refused) or not only or name in only:
            found.add(name)
            yield Loaded.of(spec, judge)
    missing = [name for name in only if name not in found]
    if missing:
        raise BadInput([no_such(name, specs) for name in missing])


def _compiled(merged: Merged, judge: Judge) -> Loaded:
    source = source_of(merged)
    name = str(_name(merged) or "")
    compiled = compile_spec(source, judge.policy.tuning(name), judge.cue.texts)
    findings, excuses = judge.judge(compiled.findings, name, merged.documents)
    findings += unreached(findings, compiled.cluster)
    compiled = replace(compiled, findings=findings)
    return Loaded(merged.file, tuple(findings), merged, source, compiled, excuses)


def _name(merged: Merged) -> object:
    metadata = merged.value.get("metadata")
    return metadata.get("name") if isinstance(metadata, dict) else None


def no_such(name: str, specs: Path) -> Diagnostic:
    """The finding about a cluster's name that no spec has."""
    return NO_CLUSTERS.report(
        f"no spec has the name `{name}`", at=Place(str(specs)), help="see `metadata.name` of the specs"
    )

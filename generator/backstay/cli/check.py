"""`backstay check`: judge specs, write nothing."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from backstay.cli.fixing import FixingCommand, fix_options, level_of, make, show_diff
from backstay.cli.folder import policies_option
from backstay.cli.loading import load
from backstay.cli.outcome import Exit, verdict
from backstay.cli.policies import judge_for
from backstay.cli.printing import FORMATS, color_option, show_findings
from backstay.core.diagnostic import Diagnostic
from backstay.core.place import Place
from backstay.fix.choice import Level
from backstay.fix.specs import Judged, repair_specs, wanted_of
from backstay.fix.wanted import Refused, Repair, replacements


@click.command("check", cls=FixingCommand)
@click.argument("specs", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", help="How findings are printed."
)
@policies_option
@fix_options
@click.option("--quiet", is_flag=True, help="Of the text format the sum only.")
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too.")
@color_option
def command(
    specs: tuple[Path, ...],
    form: str,
    policies: Path | None,
    level: str | None,
    *,
    diff: bool,
    quiet: bool,
    strict: bool,
) -> int:
    """Judge SPECS (a folder of specs or single files; default: specs/) and print every finding.

    Nothing is written, but for `--fix`: it repairs what it can and judges again. A profile is judged through the
    clusters that extend it.
    """
    paths = _clusters(specs or (Path("specs"),))
    found = _found(paths, policies)
    fixing = level_of(level, diff=diff)
    if fixing:
        repair = _repair(found, fixing)
        if diff:
            show_diff(repair)
            return found.code(strict=strict)
        found = _found(paths, policies) if make(repair) else found
    show_findings(found.findings, form, sys.stdout, quiet=quiet, replacements=found.replacements)
    return found.code(strict=strict)


@dataclass
class _Found:
    """What a run found: by folder the specs with their findings, and everything in one list."""

    findings: list[Diagnostic] = field(default_factory=list)
    by_path: dict[Path, list[Judged]] = field(default_factory=dict)
    refused: bool = False

    def code(self, *, strict: bool) -> int:
        """The exit code."""
        return Exit.BAD_CALL if self.refused else verdict(self.findings, strict=strict)

    def replacements(self, finding: Diagnostic) -> Sequence[tuple[Place, Place, str]]:
        """A finding's repair as text."""
        owners = (one.merged for some in self.by_path.values() for one in some if finding in one.findings)
        merged = next(owners, None)
        wanted = wanted_of(merged, finding) if merged else None
        return replacements(wanted) if wanted else ()


def _found(paths: Sequence[Path], policies: Path | None) -> _Found:
    found = _Found()
    for path in paths:
        judge, excuses = judge_for(path, policies), []
        found.findings += judge.findings
        judged = found.by_path.setdefault(path, [])
        for loaded in load(path, judge=judge):
            found.findings += loaded.findings
            excuses.append(loaded.excuses)
            repairable = any(one.fix for one in loaded.findings) or loaded.merged is None
            judged.append(Judged(loaded.merged, loaded.findings if repairable else ()))
            found.refused |= loaded.merged is None
        found.findings += judge.left_over(excuses, whole=path.is_dir())
    return found


def _repair(found: _Found, level: Level) -> Repair:
    """All repairs; a file that two folders share is repaired through the first."""
    texts: dict[str, tuple[str, str]] = {}
    made: list[Diagnostic] = []
    refused: list[Refused] = []
    for path, judged in found.by_path.items():
        one = repair_specs(judged, level, whole=path.is_dir())
        texts = {**one.texts, **texts}
        made += one.made
        refused += one.refused
    return Repair(texts, tuple(made), tuple(refused))


def _clusters(paths: tuple[Path, ...]) -> list[Path]:
    """What to judge for the named paths: a profile stands for the folder of specs that it belongs to."""
    roots = (path.parent.parent if path.parent.name == "profiles" else path for path in paths)
    return list(dict.fromkeys(roots))

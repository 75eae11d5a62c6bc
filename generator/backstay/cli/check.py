"""`backstay check`: judge specs, write nothing."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backstay.cli.folder import policies_option
from backstay.cli.loading import load
from backstay.cli.outcome import Exit, verdict
from backstay.cli.policies import judge_for
from backstay.cli.printing import FORMATS, show_findings

if TYPE_CHECKING:
    from backstay.core.diagnostic import Diagnostic


@click.command("check")
@click.argument("specs", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", help="How findings are printed."
)
@policies_option
@click.option("--quiet", is_flag=True, help="Of the text format the sum only.")
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too.")
def command(specs: tuple[Path, ...], form: str, policies: Path | None, *, quiet: bool, strict: bool) -> int:
    """Judge SPECS (a folder of specs or single files; default: specs/) and print every finding.

    Nothing is written. A profile is judged through the clusters that extend it.
    """
    findings: list[Diagnostic] = []
    refused = False
    for path in _clusters(specs or (Path("specs"),)):
        judge, excuses = judge_for(path, policies), []
        findings += judge.findings
        for loaded in load(path, judge=judge):
            findings += loaded.findings
            excuses.append(loaded.excuses)
            refused |= loaded.merged is None
        findings += judge.left_over(excuses, whole=path.is_dir())
    show_findings(findings, form, sys.stdout, quiet=quiet)
    return Exit.BAD_CALL if refused else verdict(findings, strict=strict)


def _clusters(paths: tuple[Path, ...]) -> list[Path]:
    """What to judge for the named paths: a profile stands for the folder of specs that it belongs to."""
    roots = (path.parent.parent if path.parent.name == "profiles" else path for path in paths)
    return list(dict.fromkeys(roots))

"""`backstay check`: judge specs, write nothing."""

import sys
from pathlib import Path

import click

from backstay.cli.loading import load
from backstay.cli.outcome import Exit
from backstay.cli.printing import FORMATS, show_findings
from backstay.core.diagnostic import Diagnostic, Severity


@click.command("check")
@click.argument("specs", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", help="How findings are printed."
)
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too.")
def command(specs: tuple[Path, ...], form: str, strict: bool) -> int:
    """Judge SPECS (a folder of specs or single files; default: specs/) and print every finding.

    Nothing is written. A profile is judged through the clusters that extend it.
    """
    findings: list[Diagnostic] = []
    refused = False
    for path in _clusters(specs or (Path("specs"),)):
        for loaded in load(path):
            findings += loaded.findings
            refused |= loaded.merged is None
    show_findings(findings, form, sys.stdout)
    if refused:
        return Exit.BAD_CALL
    bad = [f for f in findings if f.severity is Severity.ERROR or (strict and f.severity is Severity.WARNING)]
    return Exit.FINDINGS if bad else Exit.CLEAN


def _clusters(paths: tuple[Path, ...]) -> list[Path]:
    """What to judge for the named paths: a profile stands for the folder of specs that it belongs to."""
    roots = (path.parent.parent if path.parent.name == "profiles" else path for path in paths)
    return list(dict.fromkeys(roots))

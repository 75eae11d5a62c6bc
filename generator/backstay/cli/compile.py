"""`backstay compile`: specs in, overlays out."""

import os
import sys
from pathlib import Path

import click

from backstay.cli.compiling import Comparing, Run
from backstay.cli.folder import folder, policies_option
from backstay.cli.outcome import Exit, verdict
from backstay.cli.policies import judge_for
from backstay.cli.printing import FORMATS, color_option, show_findings
from backstay.pipeline import FLEET
from backstay.write.check import stale
from backstay.write.orphans import orphans
from backstay.write.tree import open_tree


@click.command("compile")
@click.argument("specs", type=click.Path(path_type=Path), default="specs")
@click.option("--out", type=folder, default="overlays", show_default=True, help="Where overlays go.")
@click.option(
    "--cluster", "clusters", multiple=True, metavar="NAME", help="Only this cluster (again for more)."
)
@click.option(
    "--jobs", type=click.IntRange(0, 256), default=1, show_default=True, help="Processes; 0 for one a core."
)
@click.option(
    "--check", is_flag=True, help="Write nothing; print what would change and exit 1 if anything would."
)
@click.option(
    "--staged", is_flag=True, help="Exit 1 too when a commit would not take the output along as it is."
)
@policies_option
@click.option("--force", is_flag=True, help="Overwrite output that was edited by hand.")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", help="How findings are printed."
)
@color_option
def command(
    specs: Path, out: Path, clusters: tuple[str, ...], jobs: int,
    check: bool, staged: bool, policies: Path | None, force: bool, form: str,
) -> int:  # fmt: skip
    """Compile SPECS (default: specs/) into an overlay per cluster.

    Nothing is written unless every spec is sound; each cluster's folder is then replaced in one step. With
    --cluster, or with a single file as SPECS, the other clusters and the fleet folder stay as they are.
    """
    if check and staged:
        raise click.UsageError(
            "--check writes nothing that could be staged; give one of --check and --staged"
        )
    if staged and not specs.exists() and not out.exists():
        click.echo(f"there is no {specs} and no {out} here: nothing to compile", err=True)
        return Exit.CLEAN
    run = Run(specs, clusters, judge_for(specs, policies))
    workers = jobs or os.cpu_count() or 1
    if check:
        return _check(run, out, workers, form)
    with open_tree(out) as tree:
        run.write(tree, workers, force=force)
    show_findings(run.findings, form, sys.stderr if form == "text" else sys.stdout)
    if run.refused:
        return Exit.BAD_CALL
    if run.stops:
        click.echo("nothing was written", err=True)
        return verdict(run.findings)
    click.echo(f"{_many(run.clusters, 'cluster')}: {_many(run.written, 'file')} written, {run.removed} removed, "
               f"{run.unchanged} unchanged", err=True)  # fmt: skip
    return _staged(out) if staged else Exit.CLEAN


def _staged(out: Path) -> int:
    """Whether git's index holds the output as it stands now."""
    from backstay.cluster.git import unstaged
    from backstay.write.survey import is_ours

    left = [path for path in unstaged(out) if not path.exists() or is_ours(str(path))]
    if not left:
        return Exit.CLEAN
    click.echo(f"{_many(len(left), 'file')} in {out} not staged as they are; run `git add {out}`", err=True)
    return Exit.FINDINGS


def _check(run: Run, out: Path, jobs: int, form: str) -> int:
    """Compare instead of writing."""
    for done in run.compile(Comparing(out), jobs):
        run.add(done)
    left_over: list[str] = []
    if run.whole and not run.stops:
        run.diffs += stale(out, FLEET, run.fleet_files())
        left_over, _ = orphans(out, run.keep)
    show_findings(run.findings, form, sys.stderr if form == "text" else sys.stdout)
    if run.refused:
        return Exit.BAD_CALL
    if form == "text":
        sys.stdout.writelines(diff.text() for diff in run.diffs)
        sys.stdout.writelines(f"left over: {out}/{name}\n" for name in left_over)
    stale_files = len(run.diffs) + len(left_over)
    if run.stops:
        click.echo(f"{out} cannot be compared: the specs have to be mended first", err=True)
        return Exit.FINDINGS
    if stale_files:
        click.echo(f"{out} is stale: {_many(stale_files, 'difference')}; run `backstay compile`", err=True)
        return Exit.FINDINGS
    return Exit.CLEAN


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"

"""`backstay prove`: emitted configuration at work, promise by promise."""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backstay.cli.loading import Loaded, load
from backstay.cli.outcome import Exit
from backstay.cli.printing import show_findings
from backstay.core.diagnostic import Diagnostic
from backstay.core.place import Place

if TYPE_CHECKING:
    from backstay.prove.mesh.words import Report

WHAT = ("mesh",)
_FASTEST = 10_000


@click.command("prove")
@click.argument("words", nargs=-1, metavar="[SPECS] [mesh]")
@click.option(
    "--cluster", "clusters", multiple=True, metavar="NAME", help="Only this cluster (again for more)."
)
@click.option(
    "--scale", type=click.IntRange(1, _FASTEST), metavar="N",
    help="How many times faster time passes (default: for each trial, as fast as it can be told apart).",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(("text", "json")), default="text", help="How verdicts are printed."
)
@click.option(
    "--picture",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Draw each call's timeline (SVG) there.",
)
def command(
    words: tuple[str, ...], clusters: tuple[str, ...], scale: int | None, form: str, picture: Path | None
) -> int:
    """Run what SPECS (default: specs/) compile to, and see whether each promise about a call holds.

    Real Envoys, gRPC clients and servers on the loopback, with boxes that forget idle connections; time passes
    faster. Nothing outside this machine is touched (a Go toolchain, if there is one, fetches the Go peer's modules once),
    and nothing is left running. Needs `pip install 'backstay[prove]'`.

    Exit codes: 0 nothing disproved, 1 something disproved, 2 bad call or unsound specs, 3 could not tell.
    """
    loaded, refused = _sound(load(_specs(words), clusters))
    if refused:
        show_findings(refused, "text", sys.stderr)
        click.echo("nothing was proved: the specs have to compile first", err=True)
        return Exit.BAD_CALL
    if picture is not None:
        _make(picture)
    reports = _prove(loaded, scale)
    if picture is not None:
        _draw(reports, picture)
    return _print(reports, form)


def _specs(words: tuple[str, ...]) -> Path:
    """The folder of specs; the other word says what is to be proved, and there is only one such thing so far."""
    paths = [word for word in words if word not in WHAT]
    if len(paths) > 1 or len(words) - len(paths) > 1:
        raise click.UsageError("at most one SPECS and one of: mesh")
    if "" in paths:
        raise click.UsageError("SPECS is an empty name; write `.` for the current folder")
    return Path(paths[0] if paths else "specs")


def _sound(clusters: Iterable[Loaded]) -> tuple[list[Loaded], list[Diagnostic]]:
    """The compiled clusters, and the findings of those that did not."""
    known = list(clusters)
    bad = [one for one in known if one.compiled is None or one.compiled.stops]
    return known, [finding for one in bad for finding in one.findings]


def _prove(clusters: Sequence[Loaded], scale: int | None) -> "list[Report]":
    from backstay.prove.mesh.prover import Job, prove_all
    from backstay.prove.mesh.words import located

    compiled = [one.compiled for one in clusters if one.compiled is not None]
    jobs = [Job(one.cluster, one.settled) for one in compiled if one.cluster is not None]
    reports = prove_all(jobs, scale, lambda line: click.echo(line, err=True))
    return [located(report, _locate(one)) for report, one in zip(reports, clusters, strict=True)]


def _locate(loaded: Loaded) -> Callable[[Place], Place]:
    def locate(place: Place) -> Place:
        found = loaded.merged.place(place.route) if loaded.merged else place
        return replace(found, route=place.route)

    return locate


def _make(folder: Path) -> None:
    """Before minutes are spent on what could not be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.BadParameter(f"{folder}: {error.strerror}", param_hint="--picture") from error


def _draw(reports: "Sequence[Report]", folder: Path) -> None:
    from backstay.prove.mesh.picture import file_name, picture

    for report in reports:
        for call in report.calls:
            try:
                (folder / file_name(report.cluster, call)).write_text(picture(report.cluster, call))
            except OSError as error:
                raise click.BadParameter(f"{folder}: {error.strerror}", param_hint="--picture") from error


def _print(reports: "Sequence[Report]", form: str) -> int:
    from backstay.prove.mesh.report_json import to_json
    from backstay.prove.mesh.report_text import summary, to_text
    from backstay.prove.words import Verdict

    sys.stdout.write(to_json(reports) if form == "json" else to_text(reports))
    click.echo(summary(reports), err=True)
    disproved = any(report.count(Verdict.DISPROVED) for report in reports)
    return Exit.FINDINGS if disproved else Exit.CLEAN

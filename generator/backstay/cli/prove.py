"""`backstay prove`: emitted configuration at work, promise by promise."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import click

from backstay.cli.loading import Loaded, load
from backstay.cli.outcome import Exit
from backstay.cli.pictures import make_folder, write_pictures
from backstay.cli.printing import color_option, show_findings
from backstay.cli.proving import prove_jobs, prove_mesh
from backstay.core.diagnostic import Diagnostic

WHAT = ("mesh", "jobs")
_FASTEST = 10_000


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command line asks for: the specs, and which of `WHAT` is to be proved."""

    specs: Path
    what: str


@click.command("prove")
@click.argument("words", nargs=-1, metavar="[SPECS] [mesh|jobs]")
@click.option(
    "--cluster", "clusters", multiple=True, metavar="NAME", help="Only this cluster (again for more)."
)
@click.option(
    "--scale", type=click.IntRange(1, _FASTEST), metavar="N",
    help="How many times faster time passes (default: calls as fast as can be told apart, jobs 8 times).",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(("text", "json")), default="text", help="How verdicts are printed."
)
@click.option(
    "--picture",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Draw the timeline of each call or workload (SVG) there.",
)
@click.option(
    "--components",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Where the programs of a control plane are, for jobs (default: $BACKSTAY_COMPONENTS, then PATH).",
)
@color_option
def command(
    words: tuple[str, ...], clusters: tuple[str, ...], scale: int | None, form: str, picture: Path | None,
    components: Path | None,
) -> int:  # fmt: skip
    """Run what SPECS (default: specs/) compile to, and see whether each promise holds: about calls, or about jobs.

    mesh (the default): real Envoys, gRPC clients and servers on the loopback, with boxes that forget idle connections.
    jobs: a real control plane on the loopback with JobSet, Kueue, Trainer and the Training Operator, whose nodes fail.
    Time passes faster. Nothing outside this machine is touched (a Go toolchain, if there is one, fetches the Go peer's
    modules once), and nothing is left running. Needs `pip install 'backstay[prove]'`, and jobs the programs of a control
    plane (see docs/prove.md).

    Exit codes: 0 nothing disproved, 1 something disproved, 2 bad call or unsound specs, 3 could not tell.
    """
    asked = _asked(words)
    loaded, refused = _sound(load(asked.specs, clusters))
    if refused:
        show_findings(refused, "text", sys.stderr)
        click.echo("nothing was proved: the specs have to compile first", err=True)
        return Exit.BAD_CALL
    if picture is not None:
        make_folder(picture)
    shown = prove_jobs(loaded, scale, components) if asked.what == "jobs" else prove_mesh(loaded, scale)
    if picture is not None:
        write_pictures(picture, shown.pictures())
    sys.stdout.write(shown.json() if form == "json" else shown.text())
    click.echo(shown.summary, err=True)
    return Exit.FINDINGS if shown.disproved else Exit.CLEAN


def _asked(words: tuple[str, ...]) -> _Asked:
    """The folder of specs, and what is to be proved about it."""
    paths = [word for word in words if word not in WHAT]
    subjects = [word for word in words if word in WHAT]
    if len(paths) > 1 or len(subjects) > 1:
        raise click.UsageError(f"at most one SPECS and one of: {', '.join(WHAT)}")
    if "" in paths:
        raise click.UsageError("SPECS is an empty name; write `.` for the current folder")
    return _Asked(Path(paths[0] if paths else "specs"), subjects[0] if subjects else WHAT[0])


def _sound(clusters: Iterable[Loaded]) -> tuple[list[Loaded], list[Diagnostic]]:
    """The compiled clusters, and the findings of those that did not."""
    known = list(clusters)
    bad = [one for one in known if one.compiled is None or one.compiled.stops]
    return known, [finding for one in bad for finding in one.findings]

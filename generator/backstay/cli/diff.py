"""`backstay diff`: what is planned against what is there."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from backstay.cli.comparing import Comparison, with_cluster, with_snapshot, with_tree
from backstay.cli.folder import folder
from backstay.cli.former import tree_of
from backstay.cli.loading import Loaded, load
from backstay.cli.outcome import Exit
from backstay.cli.printing import color_option, show_findings
from backstay.core.diagnostic import Diagnostic
from backstay.core.diagnostic import in_order as findings_in_order
from backstay.diff.change import Change, in_order
from backstay.diff.report_text import summary, to_text

FORMATS = ("text", "json", "markdown")


@click.command("diff")
@click.argument("specs", type=click.Path(path_type=Path), default="specs")
@click.option(
    "--against", metavar="DIR|GIT-REV", help="Older overlays: a folder, or --out at a git revision."
)
@click.option("--live", is_flag=True, help="The cluster itself, by dry runs of a server-side apply.")
@click.option(
    "--context", metavar="C", help="With --live: the kubeconfig's context (default: the current one)."
)
@click.option(
    "--snapshot", metavar="FILE", help="What `kubectl get -o yaml` or `-o json` printed; `-` for stdin."
)
@click.option(
    "--cluster", "clusters", multiple=True, metavar="NAME", help="Only this cluster (again for more)."
)
@click.option("--out", type=folder, default="overlays", show_default=True,
              help="With --against GIT-REV: where overlays are.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="How changes are printed.")
@color_option
def command(
    specs: Path, against: str | None, live: bool, context: str | None, snapshot: str | None,
    clusters: tuple[str, ...], out: Path, form: str,
) -> int:  # fmt: skip
    """Compare what SPECS (default: specs/) compile to with older overlays, a snapshot or a live cluster.

    Against older overlays every field counts. Against a snapshot or a cluster only the fields that we set do, and
    what the fleet folder holds is left out, as it may be applied elsewhere. Nothing is changed anywhere.

    Exit codes: 0 no drift, 1 drift, 2 bad call or unsound specs, 3 could not tell.
    """
    _require_one(against, live, snapshot, context)
    sound = _Sound()
    compiled = sound.only(load(specs, clusters))
    if against is not None:
        whole = not clusters and specs.is_dir()
        with tree_of(against, out) as tree:
            done = with_tree(compiled, tree, against, whole=whole)
    elif snapshot is not None:
        done = _of_one(compiled, lambda loaded: with_snapshot(loaded, snapshot))
    else:
        done = _of_one(compiled, lambda loaded: with_cluster(loaded, context))
    if sound.refused:
        show_findings(sound.refused, "text", sys.stderr)
        click.echo("nothing was compared: the specs have to compile first", err=True)
        return Exit.BAD_CALL
    _print(done, form)
    return Exit.FINDINGS if done.changes else Exit.CLEAN


class _Sound:
    """Lets compiled clusters through and keeps the findings of those that are not."""

    def __init__(self) -> None:
        self.refused: list[Diagnostic] = []

    def only(self, clusters: Iterator[Loaded]) -> Iterator[Loaded]:
        for loaded in clusters:
            if loaded.compiled is None or loaded.compiled.stops:
                self.refused += loaded.findings
            else:
                yield loaded


def _require_one(against: str | None, live: bool, snapshot: str | None, context: str | None) -> None:
    given = [
        name
        for name, on in (
            ("--against", against is not None),
            ("--live", live),
            ("--snapshot", snapshot is not None),
        )
        if on
    ]
    if len(given) != 1:
        words = " and ".join(given) + " do not go together" if given else "nothing to compare with"
        raise click.UsageError(f"{words}: give one of --against, --live and --snapshot")
    if context is not None and not live:
        raise click.UsageError("--context goes with --live")


def _of_one(clusters: Iterator[Loaded], compare: Callable[[Loaded], Comparison]) -> Comparison:
    """Compare the one cluster that there is to compare."""
    first = next(clusters, None)
    if first is None:
        return Comparison()
    if next(clusters, None) is not None:
        raise click.UsageError(
            "there are several clusters, and only one is there to compare with: name it with --cluster"
        )
    return compare(first)


def _print(done: Comparison, form: str) -> None:
    changes, findings = in_order(done.changes), findings_in_order(done.findings)
    if form == "json":
        from backstay.diff.report_json import to_json
        from backstay.report.jsontext import as_value

        sys.stdout.write(to_json(changes, [as_value(one) for one in findings]))
    elif form == "markdown":
        from backstay.diff.report_markdown import to_markdown

        sys.stdout.write(
            to_markdown(changes, done.compared, [f"{one.rule}: {one.message}" for one in findings])
        )
    else:
        _print_text(changes, findings)
    if done.remark:
        click.echo(done.remark, err=True)
    click.echo(summary(changes, done.compared), err=True)


def _print_text(changes: list[Change], findings: list[Diagnostic]) -> None:
    sys.stdout.write(to_text(changes))
    if findings:
        sys.stdout.write("\n")
        show_findings(findings, "text", sys.stdout)

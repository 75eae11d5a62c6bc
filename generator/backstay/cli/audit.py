"""`backstay audit`: judge manifests that people wrote by hand, by the same rules."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from backstay.audit.context import read_context
from backstay.audit.judge import Audit, Given
from backstay.cli.auditing import STDIN, Run, of_cluster, of_paths
from backstay.cli.fixing import FixingCommand, fix_options, level_of, make, show_diff
from backstay.cli.folder import policies_option
from backstay.cli.outcome import Exit, verdict
from backstay.cli.printing import FORMATS, color_option, show_findings
from backstay.core.diagnostic import Diagnostic
from backstay.core.place import Place
from backstay.upstream.catalog import SYSTEMS
from backstay.upstream.images import version_in


def platform(_ctx: click.Context, _option: click.Parameter, stated: tuple[str, ...]) -> dict[str, str]:
    """`kubernetes=1.36,istio=1.30` as versions by the catalog's names; BadParameter for anything else."""
    pairs = [pair for words in stated for pair in words.split(",") if pair]
    return dict(_version(pair) for pair in pairs)


def _version(pair: str) -> tuple[str, str]:
    written, equals, version = pair.partition("=")
    name = "training_operator" if written == "trainingOperator" else written.strip().replace("-", "_")
    if name not in SYSTEMS:
        known = ", ".join(sorted(one.replace("_", "-") for one in SYSTEMS))
        raise click.BadParameter(f"`{written}` is not one of {known}")
    if not equals or version_in(version.strip()) is None:
        raise click.BadParameter(f"`{pair}` has no version: write `{written}=1.30` or the like")
    if SYSTEMS[name].line(version.strip()) is None:
        lines = ", ".join(SYSTEMS[name].lines)
        raise click.BadParameter(f"{SYSTEMS[name].title} {version} is not supported; supported: {lines}")
    return name, version.strip()


@click.command("audit", cls=FixingCommand)
@click.argument("paths", nargs=-1, metavar="PATH...", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--live", is_flag=True, help="The cluster itself, in place of PATH; Secrets are never read.")
@click.option(
    "--kube-context",
    metavar="C",
    help="With --live: the kubeconfig's context (default: the current one).",
)
@click.option("--platform", "stated", multiple=True, callback=platform, metavar="NAME=VERSION,...",
              help="What runs, where the manifests do not show it or show something else.")  # fmt: skip
@click.option("--context", type=click.Path(path_type=Path), metavar="FILE",
              help="What no manifest says: `network`, `termination` and `retries`, as in a spec.")  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", help="How findings are printed."
)
@policies_option
@fix_options
@click.option("--quiet", is_flag=True, help="Of the text format the sum only, and no notes.")
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too.")
@color_option
def command(
    paths: tuple[Path, ...],
    stated: dict[str, str],
    kube_context: str | None,
    context: Path | None,
    form: str,
    policies: Path | None,
    level: str | None,
    *,
    live: bool,
    diff: bool,
    quiet: bool,
    strict: bool,
) -> int:
    """Judge the Kubernetes manifests at PATH (folders and files; `-` alone for stdin) and print every finding.

    With --live, the objects that a cluster holds: each kind that rules know, listed with your own rights. Nothing is
    changed there.

    Reads YAML and JSON with any number of documents, lists, kustomizations (built where kustomize or kubectl is at
    hand), what Helm renders, and ZenML's run configurations. Nothing is written, but for
    `--fix`: it repairs what it can and judges again.

    Exit codes: 0 clean, 1 findings, 2 bad call or unreadable input, 3 could not tell.
    """
    fixing = level_of(level, diff=diff)
    _require_one(paths, kube_context, live=live, fixing=fixing is not None)
    source = of_cluster(kube_context) if live else of_paths(paths)
    run = Run(source, Given(stated, None if context is None else read_context(context)), policies)
    done, findings = run.judged()
    if fixing:
        from backstay.fix.objects import repair_objects  # an editor of YAML, which few audits want

        repair = repair_objects(findings, fixing)
        if diff:
            show_diff(repair)
            return Exit.BAD_CALL if done.refused else verdict(findings, strict=strict)
        done, findings = run.judged() if make(repair) else (done, findings)
    show_findings(
        findings, form, sys.stdout, quiet=quiet, replacements=_replacements(form), fixing="backstay audit"
    )
    if not quiet:
        _show_notes(done)
    return Exit.BAD_CALL if done.refused else verdict(findings, strict=strict)


def _replacements(form: str) -> Callable[[Diagnostic], Sequence[tuple[Place, Place, str]]]:
    """Repairs as text, for SARIF."""
    if form != "sarif":
        return lambda _finding: ()
    from backstay.fix.objects import Replacements  # as above

    return Replacements()


def _require_one(paths: tuple[Path, ...], kube_context: str | None, *, live: bool, fixing: bool) -> None:
    """UsageError unless there is one thing to judge, and what is to be repaired is a file."""
    if live == bool(paths):
        raise click.UsageError("--live stands alone: it judges a cluster and no files" if live else
                               "nothing to judge: name a folder or a file, `-` for stdin, or give --live")  # fmt: skip
    if kube_context is not None and not live:
        raise click.UsageError("--kube-context goes with --live")
    if STDIN in paths and len(paths) > 1:
        raise click.UsageError("`-` stands alone: what comes by stdin is judged for itself")
    if fixing and (live or STDIN in paths):
        what = "a cluster" if live else "what comes by stdin"
        raise click.UsageError(f"{what} cannot be repaired; name a folder or a file")


def _show_notes(done: Audit) -> None:
    for version in done.versions:
        click.echo(f"judged for {version}", err=True)
    for note in done.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(f"{done.objects} object{'' if done.objects == 1 else 's'} judged", err=True)

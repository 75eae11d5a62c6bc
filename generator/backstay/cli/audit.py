"""`backstay audit`: judge manifests that people wrote by hand, by the same rules."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import click

from backstay.audit.context import read_context
from backstay.audit.judge import Audit, Given, audit_paths, audit_text
from backstay.cli.fixing import FixingCommand, fix_options, level_of, make, show_diff
from backstay.cli.folder import policies_option
from backstay.cli.outcome import Exit, verdict
from backstay.cli.policies import judge_for
from backstay.cli.printing import FORMATS, show_findings
from backstay.core.diagnostic import Diagnostic
from backstay.core.failure import BadInput
from backstay.fix.objects import Replacements, repair_objects
from backstay.load.document import Document, read_bytes, too_large
from backstay.load.objects import MAX_BYTES
from backstay.upstream.catalog import SYSTEMS
from backstay.upstream.images import version_in

_STDIN: Final = Path("-")


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
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path, allow_dash=True)
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
def command(
    paths: tuple[Path, ...],
    stated: dict[str, str],
    context: Path | None,
    form: str,
    policies: Path | None,
    level: str | None,
    *,
    diff: bool,
    quiet: bool,
    strict: bool,
) -> int:
    """Judge the Kubernetes manifests at PATH (folders and files; `-` alone for stdin) and print every finding.

    Reads YAML and JSON with any number of documents, lists, kustomizations (built where kustomize or kubectl is at
    hand), what Helm renders, and ZenML's run configurations. Nothing is written, but for
    `--fix`: it repairs what it can and judges again.

    Exit codes: 0 clean, 1 findings, 2 bad call or unreadable input, 3 could not tell.
    """
    fixing = level_of(level, diff=diff)
    if _STDIN in paths and len(paths) > 1:
        raise click.UsageError("`-` stands alone: what comes by stdin is judged for itself")
    if fixing and _STDIN in paths:
        raise click.UsageError("what comes by stdin cannot be repaired; name a folder or a file")
    run = _Run(paths, Given(stated, None if context is None else read_context(context)), policies)
    done, findings = run.judged()
    if fixing:
        repair = repair_objects(findings, fixing)
        if diff:
            show_diff(repair)
            return Exit.BAD_CALL if done.refused else verdict(findings, strict=strict)
        done, findings = run.judged() if make(repair) else (done, findings)
    show_findings(findings, form, sys.stdout, quiet=quiet, replacements=Replacements())
    if not quiet:
        _show_notes(done)
    return Exit.BAD_CALL if done.refused else verdict(findings, strict=strict)


@dataclass(frozen=True, slots=True)
class _Run:
    """What to audit, and by which policy."""

    paths: tuple[Path, ...]
    given: Given
    policies: Path | None

    def judged(self) -> tuple[Audit, list[Diagnostic]]:
        """What the audit finds, as the policy sees it."""
        judge = judge_for(_beside(self.paths[0]), self.policies)
        given = replace(self.given, cue=judge.cue)
        by_stdin = self.paths == (_STDIN,)
        done = audit_text(_stdin(), given) if by_stdin else audit_paths(self.paths, given)
        kept, excuses = judge.judge(done.findings, "", _documents(done.findings))
        return done, [*judge.findings, *kept, *judge.left_over([excuses], whole=False)]


def _show_notes(done: Audit) -> None:
    for note in done.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(f"{done.objects} object{'' if done.objects == 1 else 's'} judged", err=True)


def _documents(found: Iterable[Diagnostic]) -> Iterator[Document]:
    """The files that findings are in, for the comments that excuse some of them."""
    for file in sorted({one.place.file for one in found} - {"", "-"}):
        try:
            text = read_bytes(Path(file), file, MAX_BYTES).decode()
        except (BadInput, UnicodeDecodeError):  # what keeps it from being read has been told
            continue
        yield Document(file, text, {})


def _beside(path: Path) -> Path:
    """What the policies folder is beside: the audited folder, as if it were the specs'."""
    return Path("specs") if path == _STDIN else path


def _stdin() -> bytes:
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise BadInput([too_large("-", MAX_BYTES)])
    return content

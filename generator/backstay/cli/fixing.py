"""`--fix` and `--diff`: repairs of what a command found, made or shown."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from backstay.core.diagnostic import Diagnostic
from backstay.fix.choice import Level
from backstay.fix.save import save

if TYPE_CHECKING:
    from backstay.fix.wanted import Repair

_SHOWN = 20  # repairs that were not made, past which a person has seen enough


class FixingCommand(click.Command):
    """A command whose `--fix` may stand alone: it never takes the word behind it for its value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read `--fix` as `--fix=safe`."""
        end = args.index("--") if "--" in args else len(args)
        alone = (f"--fix={Level.SAFE}" if arg == "--fix" else arg for arg in args[:end])
        return super().parse_args(ctx, [*alone, *args[end:]])


def fix_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The two options."""
    fix = click.option(
        "--fix", "level", type=click.Choice([level.value for level in Level]), metavar="[=unsafe]",
        help="Repair what is safe to repair; `--fix=unsafe`: the rest too.",
    )  # fmt: skip
    diff = click.option("--diff", is_flag=True, help="Show the repairs as a diff and write nothing.")
    return fix(diff(command))


def level_of(word: str | None, *, diff: bool) -> Level | None:
    """How far to go; None where nothing is to be repaired. `--diff` alone shows the safe repairs."""
    return Level(word) if word else Level.SAFE if diff else None


def show_diff(repair: "Repair") -> None:
    """Print the repairs as a diff, and on stderr what cannot be repaired."""
    sys.stdout.write(repair.diff())
    _tell(repair, "would be repaired")


def make(repair: "Repair") -> bool:
    """Write the repairs; whether any file was written."""
    changed = save(repair.texts)
    for file in changed:
        click.echo(f"not repaired: {file} was changed meanwhile", err=True)
    _tell(repair, "repaired")
    return len(changed) < len(repair.texts)


def _tell(repair: "Repair", verb: str) -> None:
    for one in repair.refused[:_SHOWN]:
        click.echo(f"not repaired: {_name(one.finding)}: {one.why}", err=True)
    if len(repair.refused) > _SHOWN:
        click.echo(f"not repaired: {len(repair.refused) - _SHOWN} more", err=True)
    findings, files = len(repair.made), len(repair.texts)
    if repair.made or repair.refused:
        click.echo(f"{findings} finding{'' if findings == 1 else 's'} {verb} in {files} file{'' if files == 1 else 's'}", err=True)  # fmt: skip


def _name(finding: Diagnostic) -> str:
    return f"{finding.place} {finding.rule}"

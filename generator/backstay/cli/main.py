"""The `backstay` command: its sub-commands by name, each in a file of its own, imported when called."""

import importlib
import sys
from collections.abc import Sequence

import click

from backstay import __version__
from backstay.cli.outcome import Exit, guarded
from backstay.cli.printing import color_option

COMMANDS = {
    "admission": "Print what a cluster is to refuse, as policies or constraints.",
    "audit": "Judge manifests that people wrote by hand.",
    "check": "Judge specs; write nothing.",
    "compile": "Compile specs into overlays.",
    "diff": "Compare what is planned with what is there.",
    "explain": "Say where a value comes from, or what a spec field decides.",
    "prove": "Run what is emitted and see whether it holds.",
    "rules": "List, search and explain the rules.",
    "schema": "Write the spec's JSON Schema for editors.",
}


class Commands(click.Group):
    """Sub-commands that cost nothing until they are called."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Their names, for `--help`."""
        return sorted(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """The command, imported now; None when there is none of this name."""
        if name not in COMMANDS:
            return None
        command = importlib.import_module(f"backstay.cli.{name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - each module defines one
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list for `--help`, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="backstay", message="%(prog)s %(version)s")
@color_option
@click.option("--debug", is_flag=True, help="Show the traceback of an internal error.")
def backstay(debug: bool) -> None:
    """One typed spec of intent per cluster in; consistent, checked, explained config out.

    Exit codes: 0 clean, 1 findings or drift, 2 bad call or unreadable input, 3 could not tell.
    """


def run(arguments: Sequence[str]) -> int:
    """Run a command line; the exit code."""
    return guarded(lambda: _run(arguments), debug="--debug" in arguments)


def _run(arguments: Sequence[str]) -> int:
    try:
        code = backstay.main(list(arguments), prog_name="backstay", standalone_mode=False)
    except click.exceptions.Exit as asked:
        return asked.exit_code
    except click.ClickException as wrong:
        wrong.show(sys.stderr)
        return Exit.BAD_CALL
    except SystemExit as left:
        # All that click still ends by itself: a reader of the output that went away.
        raise BrokenPipeError from left
    return code if isinstance(code, int) else Exit.CLEAN

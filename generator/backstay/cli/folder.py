"""Folders on the command line."""

from pathlib import Path

import click


def folder(name: str) -> Path:
    """A folder that may not exist yet. An empty name, as an unset variable gives, names none: it is refused."""
    if not name:
        raise click.BadParameter("the name is empty; write `.` for the current folder")
    return Path(name)


policies_option = click.option(
    "--policies",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Severities, waivers and rules in CUE (default: policies/ beside the specs).",
)
"""Where the organisation's policy is."""

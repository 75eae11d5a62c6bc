"""Pictures into a folder that a person names."""

from collections.abc import Iterable
from pathlib import Path

import click

HINT = "--picture"


def make_folder(folder: Path) -> None:
    """Before time is spent on what could not be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.BadParameter(f"{folder}: {error.strerror}", param_hint=HINT) from error


def write_pictures(folder: Path, pictures: Iterable[tuple[str, str]]) -> None:
    """Each picture (name, SVG) into the folder; one of the same name goes."""
    for name, picture in pictures:
        try:
            (folder / name).write_text(picture, encoding="utf-8")
        except OSError as error:
            raise click.BadParameter(f"{folder}: {error.strerror}", param_hint=HINT) from error

"""The journal: which clusters a run is about to swap, so that the next start can finish what a kill cut short.

It is written whole, once, when every cluster is staged and before the first swap. For each cluster it holds the
number (inode) of the staged folder: a swap exchanges names and not numbers, so the folder that stands in the
stage tells by its number whether its swap is still due.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from backstay.write.build import create

_FILE = "journal.json"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Journal:
    """What a run is about to do: swap these clusters (name to inode), remove those."""

    swaps: Mapping[str, int]
    removals: tuple[str, ...]


def write_journal(stage: str, journal: Journal) -> None:
    """Put the journal into the stage in one step. Raises OSError."""
    value = {"version": _VERSION, "swaps": dict(journal.swaps), "removals": list(journal.removals)}
    create(f"{stage}/{_FILE}.part", json.dumps(value).encode())
    os.rename(f"{stage}/{_FILE}.part", f"{stage}/{_FILE}")


def read_journal(stage: str) -> Journal:
    """The journal in a stage; an empty one when the run did not come so far. Raises OSError when it is unreadable."""
    try:
        with open(f"{stage}/{_FILE}", "rb") as file:
            value = json.load(file)
    except (FileNotFoundError, ValueError):
        return Journal({}, ())
    return (
        Journal(value["swaps"], tuple(value["removals"])) if value["version"] == _VERSION else Journal({}, ())
    )


def drop_journal(stage: str) -> None:
    """Say that everything in the journal is done."""
    os.unlink(f"{stage}/{_FILE}")

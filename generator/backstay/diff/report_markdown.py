"""Changes as a Markdown table, for a comment on a pull request."""

import re
from collections.abc import Sequence
from html import escape
from typing import Final

from backstay.diff.change import Change, Kind
from backstay.diff.lines import one_line, visible
from backstay.diff.report_text import summary

_WIDTH: Final = 80  # characters of a value
_HEAD: Final = (
    "| Cluster | Object | Field | There | Planned | Decided by | Set by |\n|---|---|---|---|---|---|---|\n"
)
_TICKS = re.compile(r"`+")


def to_markdown(
    changes: Sequence[Change], compared: int, remarks: Sequence[str] = (), most: int = 500
) -> str:
    """A sentence, remarks as a list, and a table with a row for each change, at most `most` of them."""
    title = f"**backstay diff**: {summary(changes, compared)}\n"
    if not changes:
        return title
    said = "".join(f"- {escape(visible(remark), quote=False)}\n" for remark in remarks)
    rows = "".join(_row(change) for change in changes[:most])
    left = f"\n{len(changes) - most} more changes are not shown.\n" if len(changes) > most else ""
    return f"{title}\n{said}{chr(10) if said else ''}{_HEAD}{rows}{left}"


def _row(change: Change) -> str:
    place = f"{change.place} {change.place.path}" if change.place.route else ""
    there, planned = _values(change)
    cells = (
        change.cluster, str(change.ref), change.words or "(the whole object)", there, planned, place,
        change.setter.manager if change.setter else "",
    )  # fmt: skip
    return "| " + " | ".join(_cell(visible(cell)) for cell in cells) + " |\n"


def _values(change: Change) -> tuple[str, str]:
    if change.kind is Kind.MISSING_OBJECT:
        return "missing", "yes"
    if change.kind is Kind.EXTRA_OBJECT:
        return "yes", "no longer"
    there = "missing" if change.kind is Kind.MISSING_FIELD else one_line(change.actual, _WIDTH)
    return there, "nothing" if change.kind is Kind.EXTRA_FIELD else one_line(change.planned, _WIDTH)


def _cell(text: str) -> str:
    """A code span in a table: longer ticks around than inside, and no bar, which would end the cell (GFM 4.10)."""
    if not text:
        return ""
    ticks = "`" * (max((len(run) for run in _TICKS.findall(text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}".replace("|", "\\|")

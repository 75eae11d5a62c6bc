"""The few shapes that every proof's picture is made of, as SVG by hand. Every text is escaped; nothing is loaded."""

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

from backstay.prove.report import Found
from backstay.prove.words import Verdict, clean

WIDTH = 1100
LINE = 18
COLOURS = {Verdict.PROVED: "#1a7f37", Verdict.DISPROVED: "#cf222e", Verdict.NOT_TRIED: "#6e7781"}
_ODD = re.compile(r"[^A-Za-z0-9._-]")


def document(height: float, parts: Sequence[str]) -> str:
    """A whole picture on white."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">\n<rect width="100%" height="100%" fill="#ffffff"/>\n'
    )
    return head + "\n".join(parts) + "\n</svg>\n"


def text(x: float, y: float, words: str, *, size: int = 12, weight: str = "normal", fill: str = "#24292f",
         anchor: str = "start") -> str:  # fmt: skip
    """A line of text."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{fill}" '
        f'text-anchor="{anchor}">{safe(words)}</text>'
    )


def line(x1: float, y1: float, x2: float, y2: float, colour: str, width: int = 1, *, dash: str = "") -> str:
    """A straight line, dashed where it says so."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{width}"{dashed}/>'
    )


def safe(words: str) -> str:
    """A text that is nothing but text."""
    return escape(clean(words), {'"': "&quot;"})


def claim(finding: Found, y: float) -> list[str]:
    """A claim's verdict, its words and what was measured, in two lines."""
    faster = f" (time {finding.scale}x)" if finding.scale > 1 else ""
    return [
        text(16, y, finding.verdict.value, weight="bold", fill=COLOURS[finding.verdict]),
        text(100, y, f"{finding.claim.words}  [{finding.claim.place}]"),
        text(100, y + LINE, f"{finding.measured}{faster}", fill="#57606a"),
    ]


def file_name(words: str) -> str:
    """A file's name for a picture, of letters that every file system takes."""
    return _ODD.sub("_", words) + ".svg"

"""Pieces of SVG by hand: every text is escaped and stripped of control characters; nothing is loaded or run."""

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

INK, FAINT, PAPER = "#24292f", "#57606a", "#ffffff"
_ODD = re.compile(r"[^A-Za-z0-9._-]")


def document(width: int, height: float, parts: Sequence[str]) -> str:
    """A whole picture on white."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif">\n<rect width="100%" height="100%" fill="{PAPER}"/>\n'
    )
    return head + "\n".join(parts) + "\n</svg>\n"


def text(x: float, y: float, words: str, *, size: int = 12, weight: str = "normal", fill: str = INK,
         anchor: str = "start") -> str:  # fmt: skip
    """A line of text; `anchor` is `start`, `middle` or `end`."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{fill}" '
        f'text-anchor="{anchor}">{safe(words)}</text>'
    )


def bar(x: float, y: float, width: float, height: float, fill: str) -> str:
    """A filled rectangle."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"/>'


def line(x1: float, y1: float, x2: float, y2: float, colour: str, width: int = 1, *, dash: str = "") -> str:
    """A straight line; `dash` as SVG's stroke-dasharray."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{width}"{dashed}/>'
    )


def safe(words: str) -> str:
    """A text that is nothing but text: control characters become escapes, markup is quoted."""
    printable = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in words)
    return escape(printable, {'"': "&quot;"})


def file_name(words: str) -> str:
    """A file's name for a picture, of letters that every file system takes."""
    return _ODD.sub("_", words) + ".svg"

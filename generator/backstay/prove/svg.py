"""What every proof's picture has: its width, and a claim with what became of it."""

from backstay.prove.report import Found
from backstay.prove.words import Verdict
from backstay.text.svg import FAINT, text

WIDTH = 1100
LINE = 18
COLOURS = {Verdict.PROVED: "#1a7f37", Verdict.DISPROVED: "#cf222e", Verdict.NOT_TRIED: "#6e7781"}


def claim(finding: Found, y: float) -> list[str]:
    """A claim's verdict, its words and what was measured, in two lines."""
    faster = f" (time {finding.scale}x)" if finding.scale > 1 else ""
    return [
        text(16, y, finding.verdict.value, weight="bold", fill=COLOURS[finding.verdict]),
        text(100, y, f"{finding.claim.words}  [{finding.claim.place}]"),
        text(100, y + LINE, f"{finding.measured}{faster}", fill=FAINT),
    ]

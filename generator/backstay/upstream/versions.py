"""Version numbers: `major.minor` lines, and where a written version belongs."""

from dataclasses import dataclass

from backstay.core.feature import Feature

Line = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Span:
    """A feature and the lines that have it: from `since` (None: from the start) to before `until` (None: still)."""

    feature: Feature
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class System:
    """An upstream system: the lines that are supported, in order, and its features."""

    name: str
    title: str
    lines: tuple[str, ...]
    spans: tuple[Span, ...] = ()

    def line(self, version: str) -> str | None:
        """The supported line of a written version (`2.15.2` is of 2.15); None when it is not supported."""
        major, minor, *_ = version.removeprefix("v").split("-")[0].split(".")
        line = f"{major}.{minor}"
        return line if line in self.lines else None

    def features(self, line: str) -> frozenset[Feature]:
        """The features of a line."""
        return frozenset(span.feature for span in self.spans if _within(line, span))


def order(line: str) -> Line:
    """A line as numbers, so that 2.15 comes after 2.5."""
    major, minor = line.split(".")[:2]
    return int(major), int(minor)


def _within(line: str, span: Span) -> bool:
    after = span.since is None or order(line) >= order(span.since)
    return after and (span.until is None or order(line) < order(span.until))

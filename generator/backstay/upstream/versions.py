"""Version numbers: `major.minor` lines, and where a written version belongs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backstay.core.feature import Feature

Line = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Span:
    """A feature and the lines that have it: from `since` (None: from the start) to before `until` (None: still).

    `patched`: older lines that got it too, and from which patch release on.
    """

    feature: Feature
    since: str | None = None
    until: str | None = None
    patched: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class System:
    """An upstream system: the lines that are supported, in order, and its features."""

    name: str
    title: str
    lines: tuple[str, ...]
    spans: tuple[Span, ...] = ()

    def line(self, version: str) -> str | None:
        """The supported line of a written version (`2.15.2` is of 2.15); None when it is not supported."""
        major, minor, *_ = _numbers(version)
        line = f"{major}.{minor}"
        return line if line in self.lines else None

    def features(self, version: str) -> frozenset[Feature]:
        """The features of a version; one without a patch level (`0.16`) is the newest of its line."""
        line, patch = ".".join(_numbers(version)[:2]), _patch(version)
        return frozenset(
            span.feature for span in self.spans if _within(line, span) or _patched(line, patch, span)
        )


def order(line: str) -> Line:
    """A line as numbers, so that 2.15 comes after 2.5."""
    major, minor = line.split(".")[:2]
    return int(major), int(minor)


def _numbers(version: str) -> list[str]:
    return version.removeprefix("v").split("-")[0].split(".")


def _patch(version: str) -> int | None:
    _, _, *rest = _numbers(version)
    return int(rest[0]) if rest else None


def _patched(line: str, patch: int | None, span: Span) -> bool:
    since = span.patched.get(line)
    return since is not None and (patch is None or patch >= since)


def _within(line: str, span: Span) -> bool:
    after = span.since is None or order(line) >= order(span.since)
    return after and (span.until is None or order(line) < order(span.until))

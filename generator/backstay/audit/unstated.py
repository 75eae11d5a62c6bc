"""What no manifest says: which rules need it, and how their findings go with the others once a context states it."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from backstay.check import engine
from backstay.check.registry import CHECKS
from backstay.core.diagnostic import Diagnostic

_CALLS = frozenset({"calls", "knobs"})
_NETWORK_KINDS = frozenset({"Service", "DestinationRule", "VirtualService", "EnvoyFilter"})


@dataclass(frozen=True, slots=True)
class Judged:
    """Findings by a context, and what could not be judged, in words. `refused`: the context is no sound one.

    `instead` are the rules that these findings are the whole word of: objects alone would tell less than is known.
    """

    findings: list[Diagnostic]
    notes: tuple[str, ...] = ()
    refused: bool = False
    instead: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    """Rules that nobody could judge."""

    def merged(self, by_objects: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
        """Findings of both, those about the same field of the same object once: as the context shows them."""
        known = {_subject(one) for one in self.findings}
        for one in by_objects:
            if one.rule not in self.instead and (one.object is None or _subject(one) not in known):
                yield one
        yield from self.findings


def unjudged(kinds: Collection[str]) -> Judged:
    """The rules that nobody can judge for objects of some kinds without a context."""
    silent = frozenset(check.rule.id for check in CHECKS if check.reads & engine.MODEL_PARTS)
    if _NETWORK_KINDS.isdisjoint(kinds):
        return Judged([], silent=silent)
    ids = [check.rule.id for check in CHECKS if check.reads <= engine.MODEL_PARTS and check.reads & _CALLS]
    words = (
        f"not judged: {', '.join(ids)} need to know which boxes are on the way of calls and how long calls are "
        "silent, which no manifest says; give --context"
    )
    return Judged([], (words,), silent=silent)


def _subject(found: Diagnostic) -> tuple[object, ...]:
    return (found.rule, found.object, found.field, found.place)

"""Claims: for which objects something must not hold, and what is said when it does.

A rule that one object alone decides is a list of claims. Where a view leads into lists and mappings, every entry is a
subject of its own.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from backstay.claims.default import Default
from backstay.claims.terms import First, Pieces, Scope, Term, reach, told
from backstay.core.diagnostic import Severity
from backstay.core.feature import Feature
from backstay.core.fix import Fix
from backstay.core.route import Route


class Each(Enum):
    """What a path may go through besides fields."""

    ITEMS = "items"  # the mappings in a list
    VALUES = "values"  # the mappings under a mapping's keys
    KEYS = "keys"  # a mapping's keys, as texts
    TEXTS = "texts"  # the texts in a list
    WORDS = "words"  # what stands between the commas of a text


Path = tuple[str | Each, ...]
View = Mapping[str, tuple[Path, ...]]
"""Where subjects stand, by kind of object."""


@dataclass(frozen=True, slots=True)
class Found:
    """A subject of which a claim does not hold: the way to the field that decides, and the words."""

    route: Route
    message: str
    help: str
    severity: Severity | None
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What must not hold. `at` leads from the subject to the field that is to be mended.

    The last key of `at` is left out where the object does not have it, unless it is `firm`. `whole`: something missing is the fault, so a patch
    cannot show it. `severity` None is the rule's own. `default` adds what is missing.
    """

    over: View
    wrong: Term
    message: Pieces
    help: Pieces
    at: tuple[str | First, ...] = ()
    whole: bool = False
    severity: Severity | None = None
    firm: bool = False
    default: Default | None = None

    def judge(self, kind: str, value: object, *, partial: bool) -> Iterator[Found]:
        """Every subject of an object of a kind that the claim does not hold for; `partial`: it is a patch."""
        if partial and self.whole:
            return
        for path in self.over.get(kind, ()):
            for scope, route in subjects(value, path):
                if self.wrong.value(scope):
                    yield self._found(scope, route)

    def _found(self, scope: Scope, route: Route) -> Found:
        return Found(
            (*route, *self._way(scope)), told(self.message, scope), told(self.help, scope), self.severity,
            self.default.fix(scope, route) if self.default else None,
        )  # fmt: skip

    def _way(self, scope: Scope) -> Route:
        way: Route = ()
        for step in self.at:
            index = step.index(scope) if isinstance(step, First) else None
            way = (*way, step if isinstance(step, str) else index or 0)
        return way if self.firm or not way or reach(scope.values[-1], way) is not None else way[:-1]


@dataclass(frozen=True, slots=True)
class Installed:
    """What claims may depend on: the features and the `major.minor` of installed systems, and the organisation's numbers."""

    features: frozenset[Feature]
    versions: Mapping[str, str]
    parameters: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def has(self, feature: Feature) -> bool:
        """Whether an installed version has the feature."""
        return feature in self.features


@dataclass(frozen=True, slots=True)
class Expressed:
    """A rule's claims. `severity` is the rule's own; `leaves` says which part of the rule no claim can tell, and why."""

    rule: str
    severity: Severity
    claims: Callable[[Installed], tuple[Claim, ...]]
    leaves: str = ""


def always(*claims: Claim) -> Callable[[Installed], tuple[Claim, ...]]:
    """Claims that hold whatever is installed."""
    return lambda _: claims


def subjects(value: object, path: Path) -> Iterator[tuple[Scope, Route]]:
    """Every subject at the end of a path, in its scope, and the way to it."""
    yield from _walk(value, path, Scope((value,), ("",)), ())


def _walk(value: object, path: Path, scope: Scope, route: Route) -> Iterator[tuple[Scope, Route]]:
    for position, step in enumerate(path):
        if isinstance(step, Each):
            for key, inner in _entries(value, step):
                way = route if step is Each.WORDS else (*route, key)
                yield from _walk(inner, path[position + 1 :], scope.inside(inner, key), way)
            return
        value, route = reach(value, (step,)), (*route, step)
    yield scope.inside(value, ""), route


def _entries(value: object, step: Each) -> list[tuple[str | int, object]]:
    if step is Each.WORDS:
        return list(enumerate(value.split(","))) if isinstance(value, str) and value else []
    if step in {Each.ITEMS, Each.TEXTS}:
        wanted = dict if step is Each.ITEMS else str
        return (
            [(i, v) for i, v in enumerate(value) if isinstance(v, wanted)] if isinstance(value, list) else []
        )
    pairs = [(k, v) for k, v in value.items() if isinstance(k, str)] if isinstance(value, dict) else []
    if step is Each.KEYS:
        return [(key, key) for key, inner in pairs if inner is not None]
    return [(key, inner) for key, inner in pairs if isinstance(inner, dict)]

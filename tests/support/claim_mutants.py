"""Mutants of claims: one condition deleted, or one bound moved by one, wherever the rule's claims state it."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from backstay.claims.cel import Spot, write
from backstay.claims.claim import Claim
from backstay.claims.terms import Both, Choose, Const, Either, First, IsWhole, Some, Term

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_ASKED = {(Claim, "wrong"), (Some, "test"), (First, "test"), (Choose, "test")}
_SCOPE = tuple(Spot(name) for name in ("object", "outer", "around", "it"))
_FLAGS = ("whole", "firm")


@dataclass(frozen=True)
class ClaimMutant:
    """Claims with one condition changed; those that do not state it are as they were."""

    condition: str
    change: str
    claims: tuple[Claim, ...]


def claim_mutants(claims: Sequence[Claim]) -> Iterator[ClaimMutant]:
    """Every mutant of what a rule's claims ask, of where they point and of what they say."""
    asked = dict.fromkeys(_asked(claims))
    for term in dict.fromkeys(_terms(claims)):
        for words, change, new in _changes(term, asked=term in asked):
            yield ClaimMutant(words, change, tuple(_put(claim, term, new) for claim in claims))
    for flag in _FLAGS:
        for way in dict.fromkeys(_way(claim) for claim in claims if getattr(claim, flag)):
            changed = tuple(replace(one, **{flag: False}) if _way(one) == way else one for one in claims)
            yield ClaimMutant(f"{flag}, at `{'.'.join(way)}`", "dropped", changed)


def _way(claim: Claim) -> tuple[str, ...]:
    return tuple(step for step in claim.at if isinstance(step, str))


def _changes(term: Term, *, asked: bool) -> Iterator[tuple[str, str, Term]]:
    """The condition that is changed, how, and what comes in place of the term; `asked`: its truth decides something."""
    for truth in (True, False) if asked and not isinstance(term, Const) else ():
        yield _words(term), f"always {truth}", Const(truth)
    if isinstance(term, Both | Either):
        for operand in term.terms:
            rest = tuple(one for one in term.terms if one is not operand)
            yield _words(operand), "dropped", replace(term, terms=rest)
    if isinstance(term, IsWhole):
        for name, away in (("least", -1), ("most", 1)):
            bound = getattr(term, name)
            if bound is not None:
                yield f"{_words(term.one)}, {name} {bound}", "dropped", replace(term, **{name: None})
                yield (
                    f"{_words(term.one)}, {name} {bound}",
                    "bound moved",
                    replace(term, **{name: bound + away}),
                )


def _inside(value: object) -> Iterable[tuple[str, Any]]:
    """What a claim, a term or a tuple consists of, with the names of fields."""
    if isinstance(value, tuple):
        return (("", one) for one in value)
    if isinstance(value, Claim | Term) and is_dataclass(value):
        return ((field.name, getattr(value, field.name)) for field in fields(value))
    return ()


def _terms(value: object) -> Iterator[Term]:
    for _, one in _inside(tuple(value) if isinstance(value, list) else value):
        if isinstance(one, Term):
            yield one
        yield from _terms(one)


def _asked(value: object) -> Iterator[Term]:
    for name, one in _inside(tuple(value) if isinstance(value, list) else value):
        if (type(value), name) in _ASKED:
            yield one
        yield from _asked(one)


def _put(value: Any, term: Term, new: Term) -> Any:
    """The value with a term replaced wherever it is."""
    if value == term:
        return new
    if isinstance(value, tuple):
        return tuple(_put(one, term, new) for one in value)
    if isinstance(value, Claim | Term):
        return replace(value, **{name: _put(one, term, new) for name, one in _inside(value)})
    return value


def _words(term: Term) -> str:
    return write(term, _SCOPE)

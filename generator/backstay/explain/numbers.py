"""Solved numbers, told: every bound in words, which of them decide, and from where the others would."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from backstay.core.fact import Origin, OriginKind
from backstay.core.route import read
from backstay.explain.sources import Source, source
from backstay.explain.subject import Subject
from backstay.explain.words import amount
from backstay.model.derivation import Bound, Derivation


@dataclass(frozen=True, slots=True)
class Limit:
    """One bound of a number: whether it decides the number and whether the number keeps to it."""

    bound: Bound
    decides: bool
    holds: bool
    rule_name: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """A derivation with its limits: those that decide first, then from the tightest to the loosest.

    `pin` is the spec field whose value stands in the number's place; empty when none does.
    """

    derivation: Derivation
    limits: tuple[Limit, ...]
    pin: str

    @property
    def shown(self) -> str:
        """The number with its unit."""
        return amount(self.derivation.value, self.derivation.unit)


def number(subject: Subject, derivation: Derivation, pin: str = "") -> Number:
    """A derivation, told for this cluster."""
    binding = derivation.binding
    limits = [
        Limit(
            bound, bound in binding, bound.allows(derivation.value), subject.rule_name(bound.rule) if bound.rule else "",
            tuple(source(subject, origin) for origin in bound.origins),
        )
        for bound in derivation.bounds
    ]  # fmt: skip
    limits.sort(
        key=lambda one: (not one.decides, one.bound.relation == ">=", abs(one.bound.limit - derivation.value))
    )
    return Number(derivation, tuple(limits), pin)


def numbers(subject: Subject, origins: tuple[Origin, ...]) -> tuple[Number, ...]:
    """The numbers among some origins, and those that their bounds are made of, each once."""
    found: dict[str, Number] = {}
    waiting, pinned = list(origins), pins(origins)
    while waiting:
        origin = waiting.pop(0)
        derivation = (
            subject.cluster.derivations.get(origin.ref) if origin.kind is OriginKind.CONSTRAINT else None
        )
        if derivation is not None and derivation.id not in found:
            found[derivation.id] = number(subject, derivation, pinned.get(derivation.id, ""))
            behind = tuple(one for bound in derivation.bounds for one in bound.origins)
            waiting += behind
            pinned |= pins(behind)
    return tuple(found.values())


def pins(origins: Iterable[Origin]) -> dict[str, str]:
    """The pinned numbers: by the id of the derivation that each is held against, the spec field that states it.

    A pin comes directly before that derivation (`resolve.keepalive.pinned`).
    """
    pairs = pairwise(origins)
    return {held.ref: pin.ref for pin, held in pairs if _is_pin(pin) and held.kind is OriginKind.CONSTRAINT}


def _is_pin(origin: Origin) -> bool:
    return origin.kind is OriginKind.SPEC and "overrides" in (read(origin.ref) or ())


def matters(one: Limit, told: Number) -> str:
    """From where a limit that does not decide would; empty where it does, or was given up."""
    if one.decides or not one.holds:
        return ""
    side = "above" if one.bound.relation == ">=" else "below"
    return f"would only matter {side} {told.shown}"

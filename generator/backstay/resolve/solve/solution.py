"""A system solved: numbers with what bounds them, and what cannot hold."""

from collections.abc import Mapping
from dataclasses import dataclass

from backstay.core.fact import Fact
from backstay.model.conflict import Conflict
from backstay.model.derivation import Derivation
from backstay.resolve.solve import conflict
from backstay.resolve.solve.numbers import choose
from backstay.resolve.solve.program import compiled, programs
from backstay.resolve.solve.terms import System

_SMALL = 20
"""Constraints that are quicker looked at together than taken apart."""


@dataclass(frozen=True, slots=True)
class Solution:
    """A derivation for each free quantity by its id, also where nothing fits; `conflicts` say why that is."""

    derivations: Mapping[str, Derivation]
    conflicts: tuple[Conflict, ...]

    def fact(self, id_: str) -> Fact[int]:
        """A solved number with its origins."""
        return self.derivations[id_].fact


def solve(system: System) -> Solution:
    """Every number of a system in closed form; conflicts are only looked for where something does not hold."""
    return Solution(numbers(system), conflict.conflicts(system))


def numbers(system: System) -> dict[str, Derivation]:
    """The numbers alone, for a system whose conflicts are looked for together with others'."""
    if not system.quantities:
        return {}
    small = len(system.constraints) < _SMALL
    parts = (compiled(system.quantities, system.constraints),) if small else programs(system)
    return {derivation.id: derivation for part in parts for derivation in choose(part)}

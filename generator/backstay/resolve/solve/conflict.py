"""What stands in the way: minimal sets of stated lines that exclude each other, and the smallest edit for them.

A set is minimal: with any one of its lines left open, the others can hold together. It is found by leaving lines out
one after the other, from the last, of those that led to the contradiction. Sets are looked for until the edit that
mends the known ones mends everything (Davies and Bacchus, "Solving MAXSAT by solving a sequence of simpler SAT
instances", 2011: the edit is a hitting set of the cores).
"""

from collections.abc import Container, Sequence

from backstay.core.place import Place
from backstay.model.conflict import Change, Conflict, Demand
from backstay.resolve.solve.edit import Edit, smallest, spelled
from backstay.resolve.solve.program import Program, Row, behind, least, programs
from backstay.resolve.solve.terms import System

_MOST_CORES = 50
"""A spec with more conflicts than this has one fault that it repeats; the rest is told once these are mended."""

Core = frozenset[int]


def conflicts(system: System) -> tuple[Conflict, ...]:
    """Every conflict of a system, in the order of its lines; none where everything holds."""
    if holds(system):
        return ()
    return tuple(found for part in programs(system, through_stated=True) for found in _of(part))


def holds(system: System) -> bool:
    """Whether all stated values can hold together."""
    return all(least(part, part.known).broken is None for part in programs(system))


def _of(program: Program) -> list[Conflict]:
    cores, edit = _mended(program, _apart(program, program.known))
    left = {at for core in cores for at in core if at not in edit}
    if edit:
        cores += _apart(
            program, [None if at in left else value for at, value in enumerate(program.known)], edit
        )
    # What an edit ran into may exclude itself for less than what is stated, or not at all.
    lines = dict.fromkeys(_core(program, _only(program.known, core)) for core in cores)
    return [_told(program, core, edit) for core in lines if core]


def _mended(program: Program, cores: list[Core]) -> tuple[list[Core], Edit]:
    """All conflicts that matter and the edit after which none is left; an empty one where no line may be changed."""
    while cores and len(cores) <= _MOST_CORES:
        edit, missing = _mend(program, cores)
        if missing is None:
            return cores, edit
        if missing in cores or not any(program.quantities[at].movable for at in missing):
            break
        cores = [*cores, missing]
    return cores, {}


def _apart(program: Program, known: Sequence[int | None], shared: Container[int] = ()) -> list[Core]:
    """Conflicts that share no line but some."""
    known = list(known)
    found: list[Core] = []
    while len(found) < _MOST_CORES and (core := _core(program, known)):
        found.append(core)
        apart = [at for at in core if at not in shared]
        for at in apart or core:
            known[at] = None
    return found


def _core(program: Program, known: Sequence[int | None]) -> Core | None:
    """A minimal set of stated positions that exclude each other; None where everything holds."""
    found = least(program, known)
    if found.broken is None:
        return None
    _, places = behind(found)
    kept = sorted(at for at in places if known[at] is not None)
    for at in reversed(tuple(kept)):
        fewer = [one for one in kept if one != at]
        if least(program, _only(known, fewer)).broken is not None:
            kept = fewer
    return frozenset(kept)


def _only(known: Sequence[int | None], places: Container[int]) -> list[int | None]:
    return [value if at in places else None for at, value in enumerate(known)]


def _mend(program: Program, cores: Sequence[Core]) -> tuple[Edit, Core | None]:
    """An edit for each group of conflicts that share lines, and what is still in its way.

    The lines of the other groups are left open meanwhile.
    """
    edit: dict[int, int] = {}
    for group in _sharing(cores):
        others = {at for core in cores if core not in group for at in core}
        known = [None if at in others else value for at, value in enumerate(program.known)]
        found = smallest(program, known, group)
        if found is None:
            lines = {at for core in group for at in core if program.quantities[at].movable}
            return {}, _core(program, [None if at in lines else value for at, value in enumerate(known)])
        edit |= found
    return edit, _core(program, [edit.get(at, value) for at, value in enumerate(program.known)])


def _sharing(cores: Sequence[Core]) -> list[list[Core]]:
    groups: list[list[Core]] = []
    for core in cores:
        near = [group for group in groups if any(core & other for other in group)]
        groups = [group for group in groups if group not in near]
        groups.append([*(one for group in near for one in group), core])
    return groups


def _told(program: Program, core: Core, edit: Edit) -> Conflict:
    rows, places = behind(least(program, _only(program.known, core)))
    return Conflict(
        tuple(_demand(program, at) for at in sorted(core)),
        tuple(_change(program, at, value) for at, value in sorted(edit.items()) if at in core),
        tuple(dict.fromkeys(_words(program, row) for row in rows)),
        frozenset(row.constraint.rule for row in rows),
        frozenset(program.quantities[at].id for at in places if program.known[at] is None),
    )  # fmt: skip


def _demand(program: Program, at: int) -> Demand:
    quantity = program.quantities[at]
    return Demand(Place(route=quantity.route), quantity.demand, quantity.pinned)


def _change(program: Program, at: int, value: int) -> Change:
    quantity = program.quantities[at]
    return Change(quantity.route, spelled(value, quantity.unit))


def _words(program: Program, row: Row) -> str:
    words = row.constraint.words
    if isinstance(words, str):
        return words
    settled = least(program, program.known).values
    return words({quantity.id: value for quantity, value in zip(program.quantities, settled, strict=True)})

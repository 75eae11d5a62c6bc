"""Random systems of constraints: z3 agrees what can hold, what excludes each other, and what mends it."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from backstay.core.route import show
from backstay.resolve.solve.solution import solve
from backstay.resolve.solve.terms import Prefer, System, constant
from support.second_opinion import satisfiable
from support.systems import above, free, line, of, told

SMALL = st.integers(1, 40)


@st.composite
def systems(draw):
    """Three to six lines, up to four free numbers, and constraints that only go from later to earlier ones.

    So there is no circle; a number may be a part of several, and several lines may be above and below it.
    """
    lines = [
        line(f"s{at}", draw(SMALL), "x", movable=draw(st.integers(0, 5)) > 0)
        for at in range(draw(st.integers(3, 6)))
    ]
    others = [
        free(f"f{at}", "x", "", (), draw(st.sampled_from(Prefer)), most=draw(st.integers(10, 200)))
        for at in range(draw(st.integers(0, 4)))
    ]
    names = draw(st.permutations([one.id for one in (*lines, *others)]))
    constraints = [draw(constraint(names, at)) for at in range(draw(st.integers(2, 8)))]
    return System((*lines, *others), tuple(constraints))


@st.composite
def constraint(draw, names, number):
    """One quantity above a sum of one or two others, or of others and a constant, or else above yet another one."""
    top = draw(st.integers(0, len(names) - 2))
    below = st.sampled_from(names[top + 1 :])
    parts = [
        of(name, times=draw(st.integers(1, 4)), per=draw(st.integers(1, 3)))
        for name in draw(st.lists(below, min_size=1, max_size=2, unique=True))
    ]
    if draw(st.booleans()):
        parts.append(constant(draw(SMALL)))
    unless = draw(st.none() | below)
    return above(f"c{number}", names[top], *parts, unless=unless)


def stated(system):
    """What the lines say."""
    return {one.id: one.fact.value for one in system.quantities if one.fact is not None}


def named(found):
    """The lines of a conflict."""
    return {demand.place.path.removeprefix("network.") for demand in found.demands}


def edited(solution):
    """The edit, over all conflicts."""
    return {
        show(change.route).removeprefix("network."): int(change.value)
        for found in solution.conflicts
        for change in found.changes
    }


def parts(system):
    """The parts of a system that share no quantity: an edit of one can do nothing for another."""
    groups = []
    for one in system.constraints:
        near = [group for group in groups if group[0] & set(one.ids())]
        groups = [group for group in groups if group not in near]
        names = set(one.ids()).union(*(group[0] for group in near))
        groups.append((names, [*(other for group in near for other in group[1]), one]))
    for names, constraints in groups:
        yield System(tuple(one for one in system.quantities if one.id in names), tuple(constraints))


def mendable_parts(system):
    """Those that some lines would satisfy; of the others no line is the cause, and each of their lines could be left out."""
    return [part for part in parts(system) if satisfiable(part, {})]


@given(systems())
def test_conflicts_are_told_exactly_where_nothing_holds(system):
    """And numbers that are found keep to every constraint."""
    found, lines = solve(system), stated(system)
    for part in mendable_parts(system):
        told = [one for one in found.conflicts if named(one) <= stated(part).keys()]
        assert bool(told) != satisfiable(part, stated(part))
    if satisfiable(system, lines):
        assert satisfiable(system, lines | {id_: one.value for id_, one in found.derivations.items()})


@given(systems())
def test_every_conflict_is_minimal(system):
    """Its lines exclude each other; without any one of them the others can hold."""
    found = solve(system).conflicts
    for part in mendable_parts(system):
        lines = stated(part)
        for names in (named(one) for one in found if named(one) <= lines.keys()):
            assert not satisfiable(part, {name: lines[name] for name in names})
            for left_out in names:
                assert satisfiable(part, {name: lines[name] for name in names if name != left_out})


@given(systems())
def test_the_edit_mends_what_can_be_mended_with_the_fewest_lines(system):
    """No edit of fewer lines does, and one line is changed no further than it has to be.

    A part that lines exclude which nobody may change stays as it is, whatever is mended beside it.
    """
    whole = edited(solve(system))
    assert whole.keys() <= {one.id for one in system.quantities if one.fact is not None and one.movable}
    for part in parts(system):
        lines = stated(part)
        holds_with_fewest(part, {name: value for name, value in whole.items() if name in lines})


def holds_with_fewest(part, edit):
    """A part of a system that an edit touches holds after it, and not with fewer lines or a lesser change."""
    lines = stated(part)
    movable = [one.id for one in part.quantities if one.fact is not None and one.movable]
    assert not edit or satisfiable(part, lines | edit)
    for fewer in combinations(movable, len(edit) - 1) if edit else ():
        assert not satisfiable(part, {name: value for name, value in lines.items() if name not in fewer})
    if len(edit) == 1:
        ((name, value),) = edit.items()
        nearer = value + (1 if lines[name] > value else -1)
        assert nearer == lines[name] or not satisfiable(part, lines | {name: nearer})


@given(systems())
def test_where_no_edit_is_told_no_line_would_do(system):
    """A part in conflict without an edit has lines that nobody can change."""
    whole = edited(solve(system))
    for part in parts(system):
        lines = stated(part)
        if not whole.keys() & lines.keys() and not satisfiable(part, lines):
            fixed = {one.id for one in part.quantities if one.fact is not None and not one.movable}
            assert not satisfiable(part, {name: lines[name] for name in fixed})


def test_an_edit_is_told_beside_a_conflict_that_nobody_can_mend():
    """Two parts: a measured value that nothing fits, and a line that may be written otherwise."""
    measured, wanted = line("measured", 1, "x", movable=False), line("wanted", 2, "x")
    limit, number = line("limit", 1, "x", movable=False), free("number", "x", "")
    room = above("room", "measured", "number", constant(1))
    found = solve(System((measured, limit, wanted, number), (room, above("reach", "limit", "wanted"))))
    assert told(found) == [(["measured"], {}), (["limit", "wanted"], {"wanted": "1"})]

"""Random systems of constraints: z3 agrees what can hold, what excludes each other, and what mends it."""

from itertools import combinations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backstay.core.route import show
from backstay.resolve.solve.solution import solve
from backstay.resolve.solve.terms import Prefer, System, constant
from support.second_opinion import satisfiable
from support.systems import above, free, line, of

SMALL = st.integers(1, 40)
PROFILE = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


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


@given(systems())
@PROFILE
def test_conflicts_are_told_exactly_where_nothing_holds(system):
    """And numbers that are found keep to every constraint."""
    found, lines = solve(system), stated(system)
    holds = satisfiable(system, lines)
    assert (found.conflicts == ()) == (holds or not satisfiable(system, {}))
    if holds:
        assert satisfiable(system, lines | {id_: one.value for id_, one in found.derivations.items()})


@given(systems())
@PROFILE
def test_every_conflict_is_minimal(system):
    """Its lines exclude each other; without any one of them the others can hold."""
    lines = stated(system)
    for found in solve(system).conflicts:
        values = {name: lines[name] for name in named(found)}
        assert not satisfiable(system, values)
        for name in values:
            assert satisfiable(system, {other: value for other, value in values.items() if other != name})


@given(systems())
@PROFILE
def test_the_edit_mends_everything_with_the_fewest_lines(system):
    """No edit of fewer lines does, and one line is changed no further than it has to be."""
    solution, lines = solve(system), stated(system)
    edit = edited(solution)
    movable = [one.id for one in system.quantities if one.fact is not None and one.movable]
    if edit:
        assert satisfiable(system, lines | edit)
        assert edit.keys() <= set(movable)
    for fewer in combinations(movable, len(edit) - 1) if edit else ():
        assert not satisfiable(system, {name: value for name, value in lines.items() if name not in fewer})
    if len(edit) == 1:
        ((name, value),) = edit.items()
        nearer = value + (1 if lines[name] > value else -1)
        assert nearer == lines[name] or not satisfiable(system, lines | {name: nearer})


@given(systems())
@PROFILE
def test_where_no_edit_is_told_no_line_would_do(system):
    """A conflict without an edit has lines that nobody can change."""
    solution, lines = solve(system), stated(system)
    if solution.conflicts and not edited(solution):
        fixed = {
            one.id: lines[one.id] for one in system.quantities if one.fact is not None and not one.movable
        }
        assert not satisfiable(system, fixed)

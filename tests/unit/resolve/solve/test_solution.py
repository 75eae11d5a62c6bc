"""Numbers within bounds, minimal conflicts and smallest edits, on systems that a person can check."""

import pytest

from backstay.resolve.solve.terms import MOST, Constraint, Prefer, constant
from support.systems import above, free, line, of, solved, told

SECONDS = tuple(range(1_000, 61_000, 1_000))


def ping(least=300_000, *, idle=300_000):
    """A ping interval between a box that forgets and a server that counts strikes; Envoy adds up to 15 %."""
    quantities = [
        line("idle", idle), line("silence", 3_600_000), line("trip", 50, movable=False), line("least", least),
        free("interval", "ms", "how often", (60_000, 120_000, 300_000)),
    ]  # fmt: skip
    constraints = [
        above("box", "idle", of("interval", times=115, per=100), "trip", 1, unless="silence"),
        above("policy", "interval", "least"),
    ]
    return quantities, constraints


def test_the_largest_rung_within_the_bounds():
    """With the bounds as they are told: what the other terms leave, to the millisecond."""
    found = solved(*ping(60_000)).derivations["interval"]
    assert found.value == 120_000
    assert [(b.id, b.relation, b.limit) for b in found.bounds] == [
        ("box", "<=", 260_825),
        ("policy", ">=", 60_000),
    ]
    assert [origin.ref for origin in found.bounds[0].origins] == [
        "network.idle",
        "network.trip",
        "network.silence",
    ]


def test_no_round_number_fits_but_another_does():
    """The end of what is allowed, and it is said that it is not round."""
    found = solved(*ping(121_000, idle=200_000)).derivations["interval"]
    assert found.value == 173_868
    assert "no round one" in found.choice


def test_a_bound_whose_condition_is_not_met_is_none():
    """A box that outlasts the silence bounds nothing."""
    quantities, constraints = ping(300_000, idle=4_000_000)
    found = solved(quantities, constraints)
    assert [bound.id for bound in found.derivations["interval"].bounds] == ["policy"]
    assert found.conflicts == ()


def test_what_excludes_each_other_and_the_smallest_edit():
    """The measured round trip is part of the conflict's sum, yet not of the conflict, nor of the edit."""
    found = solved(*ping())
    assert told(found) == [(["idle", "silence", "least"], {"least": "4m20s"})]
    assert found.conflicts[0].numbers == {"interval"}
    assert "nothing fits" in found.derivations["interval"].choice


def test_smallest_of_a_sum():
    """A number that is wanted small is the least that its parts ask."""
    quantities = [
        line("drain", 90_000),
        line("pause", 5_000),
        free("grace", "ms", "grace", (), Prefer.SMALLEST),
    ]
    found = solved(quantities, [above("enough", "grace", "drain", "pause", 1_000)])
    assert found.derivations["grace"].value == 96_000


def test_products_and_curves():
    """Tries multiply, and waits grow with their number."""
    quantities = [
        line("budget", 12, "attempts"), line("steps", 4, "attempts"), free("calls", "attempts", "tries", (1, 2, 3, 5)),
        line("deadline", 10_000), line("base", 100), free("try", "ms", "one try", SECONDS),
    ]  # fmt: skip
    constraints = [
        above("product", "budget", of("steps", "calls")),
        above("sum", "deadline", of("calls", "try"), of("base", "calls", curve=(0, 0, 1, 4, 11))),
    ]
    found = solved(quantities, constraints).derivations
    assert (found["calls"].value, found["try"].value) == (3, 3_000)


def test_a_later_number_is_not_left_without_room():
    """What is chosen first leaves what comes after a solution, also through a number in between."""
    quantities = [
        line("all", 10),
        free("first", "x", "", tuple(range(1, 11))),
        free("second", "x", "", (4, 5)),
    ]
    found = solved(quantities, [above("twice", "second", "first"), above("room", "all", "second", "first")])
    assert {name: one.value for name, one in found.derivations.items()} == {"first": 5, "second": 5}


def test_wishes_are_given_up():
    """A soft bound decides where it can and is never a conflict."""
    quantities = [line("idle", 60), line("least", 40), free("interval", "x", "", (20, 30, 45, 60))]
    firm = [above("room", "idle", "interval"), above("policy", "interval", "least")]
    wish = above("half", "idle", of("interval", times=2), soft=True)
    found = solved(quantities, [*firm, wish])
    assert (found.derivations["interval"].value, found.conflicts) == (60, ())


def test_conflicts_that_share_a_line_are_mended_there():
    """One line is fewer than two, however much it changes."""
    quantities = [line("box", 10), line("first", 50), line("second", 70)]
    found = solved(quantities, [above("one", "box", "first"), above("two", "box", "second")])
    assert told(found) == [(["box", "first"], {"box": "70ms"}), (["box", "second"], {"box": "70ms"})]


def test_conflicts_apart_are_mended_apart():
    """Each with the line that changes least."""
    quantities = [line("a", 10), line("b", 20), line("c", 1_000), line("d", 1_100), line("both", 2)]
    constraints = [
        above("one", "a", "b"),
        above("two", "c", "d"),
        above("a-in", "a", "both"),
        above("c-in", "c", "both"),
    ]
    assert told(solved(quantities, constraints)) == [
        (["a", "b"], {"a": "20ms"}),
        (["c", "d"], {"c": "1s100ms"}),
    ]


def test_nothing_can_be_changed():
    """Facts alone: the conflict is told without an edit."""
    quantities = [line("a", 10, movable=False), line("b", 20, movable=False)]
    assert told(solved(quantities, [above("one", "a", "b")])) == [(["a", "b"], {})]


def test_several_supplies():
    """A sum on the larger side, of quantities that are a part of nothing."""
    quantities = [line("cpu", 10, "x"), line("gpu", 5, "x"), line("team", 20, "x")]
    both = Constraint("pools", (of("cpu"), of("gpu")), (of("team"),), "pools hold budgets")
    assert told(solved(quantities, [both])) == [(["cpu", "gpu", "team"], {"team": "15"})]
    with pytest.raises(ValueError, match="parts elsewhere"):
        solved(quantities, [both, above("own", "team", "cpu")])


def test_demands_in_a_circle_end():
    """Numbers that must exceed each other are no line's fault, and are not solved for ever."""
    quantities = [free("a", "x", ""), free("b", "x", ""), line("c", 5)]
    found = solved(quantities, [above("up", "a", "b", 1), above("back", "b", "a"), above("c", "a", "c")])
    assert set(found.derivations) == {"a", "b"}
    assert found.conflicts == ()


def test_a_larger_side_is_plain():
    """Products on the larger side would need search."""
    with pytest.raises(ValueError, match="plain quantities"):
        solved([line("a", 1), line("b", 1)], [Constraint("x", (of("a", "b"),), (constant(1),), "")])
    assert MOST > 10**18

"""What z3 says of a system of constraints: the solver's own answers are held against it."""

from math import lcm

import z3

from backstay.resolve.solve.terms import MOST


def satisfiable(system, values):
    """Whether the system holds with some stated quantities at the given values; the others may be anything."""
    solver = z3.Solver()
    numbers = {quantity.id: z3.Int(quantity.id) for quantity in system.quantities}
    for quantity in system.quantities:
        number = numbers[quantity.id]
        if quantity.id in values:
            solver.add(number == values[quantity.id])
        elif quantity.fact is None:
            solver.add(number >= quantity.least, number <= quantity.most)
        else:
            solver.add(number >= 1, number <= MOST)
    for constraint in system.constraints:
        if not constraint.soft:
            solver.add(_holds(constraint, numbers))
    found = solver.check()
    assert found != z3.unknown
    return found == z3.sat


def _holds(constraint, numbers):
    sides = (constraint.larger, constraint.parts, constraint.unless or ())
    scale = lcm(*(term.per for side in sides for term in side))
    larger, parts, unless = (_sum(side, numbers, scale) for side in sides)
    return larger >= parts if constraint.unless is None else z3.Or(larger >= parts, larger >= unless)


def _sum(side, numbers, scale):
    return z3.Sum([_value(term, numbers, scale) for term in side])


def _value(term, numbers, scale):
    """Linear only: whole numbers and products are more than z3 can decide for sure."""
    assert len(term.factors) <= 1
    assert not term.curve
    number = numbers[term.factors[0]] if term.factors else z3.IntVal(1)
    return number * (term.times * scale // term.per)

"""Systems of constraints in short, for tests: stated quantities by name and value, free ones, and what is above what."""

from backstay.core.fact import from_spec
from backstay.resolve.solve.solution import solve
from backstay.resolve.solve.terms import Constraint, System, Term, constant, free, of, stated


def line(name, value, unit="ms", **more):
    """A stated quantity on a spec line of its own name."""
    return stated(name, unit, from_spec(value, "network", name), f"{name} is {value}", **more)


def above(name, larger, *parts, **more):
    """A constraint; parts are names, numbers or terms."""
    unless = more.pop("unless", None)
    return Constraint(
        name, (term(larger),), tuple(map(term, parts)), f"{name} holds",
        unless=None if unless is None else (term(unless),), **more,
    )  # fmt: skip


def term(part):
    """A term out of a name, a number or a term."""
    if isinstance(part, Term):
        return part
    return constant(part) if isinstance(part, int) else of(part)


def solved(quantities, constraints):
    """The solution of a system."""
    return solve(System(tuple(quantities), tuple(constraints)))


def told(solution):
    """Each conflict in short: its lines, and the edit."""
    return [
        ([demand.place.path.removeprefix("network.") for demand in found.demands],
         {change.route[-1]: change.value for change in found.changes})
        for found in solution.conflicts
    ]  # fmt: skip


__all__ = ["above", "free", "line", "of", "solved", "told"]

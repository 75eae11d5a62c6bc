"""Defaults: what mends a claim by adding to an object what it does not say, as data with two readings.

`fix` is the repair of a file; `mutation.py` writes the mutation that an API server makes in the pods of controllers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from backstay.claims.terms import Field, Scope, Term, mappings, reach
from backstay.core.fix import Edit, Fix
from backstay.core.route import Route


@dataclass(frozen=True, slots=True)
class Fill:
    """In every entry of a list that is `wrong`: a field that it lacks, where `when` holds. The key of `items`' entries is `name`."""

    title: str
    items: tuple[str, ...]
    wrong: Term
    when: Term
    at: tuple[str, ...]
    value: Term
    safe: bool = False

    def fix(self, scope: Scope, route: Route) -> Fix | None:
        """The repair of a subject at a route; None where an entry would be left wrong."""
        entries = mappings(Field(self.items), scope)
        wrong = [entry for entry in entries if self.wrong.value(entry)]
        if not all(self.when.value(entry) for entry in wrong):
            return None
        edits = (
            Edit((*route, *self.items, int(one.keys[-1]), *self.at), self.value.value(one)) for one in wrong
        )
        return Fix(self.title, self.safe, tuple(edits))


@dataclass(frozen=True, slots=True)
class Append:
    """One more entry for a list that lacks it."""

    title: str
    at: tuple[str, ...]
    value: Mapping[str, str]
    safe: bool = False

    def fix(self, scope: Scope, route: Route) -> Fix | None:
        """The repair of a subject at a route; None where something else stands in the list's place."""
        there = reach(scope.values[-1], self.at)
        if there is not None and not isinstance(there, list):
            return None
        where = (*route, *self.at)
        edit = Edit((*where, len(there)), dict(self.value)) if there else Edit(where, [dict(self.value)])
        return Fix(self.title, self.safe, (edit,))


Default = Fill | Append

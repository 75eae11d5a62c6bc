"""Terms: what can be said of one object, as data with two readings of the same meaning.

`value` is the reading of Python, for objects of any shape; `cel.py` writes the other, for API servers. A term is read
in a scope: the object, the entries of lists and mappings on the way to the subject, and the subject last.
"""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass

from backstay.core.route import Route

Plain = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Scope:
    """What terms see: values from the object to the subject, and beside each the key or index it was found under."""

    values: tuple[object, ...]
    keys: tuple[str | int, ...]

    def inside(self, value: object, key: str | int) -> "Scope":
        """The scope one step further in."""
        return Scope((*self.values, value), (*self.keys, key))


class Term(ABC):
    """Something that has a value in a scope."""

    __slots__ = ()

    @abstractmethod
    def value(self, scope: Scope) -> object:
        """The value; None where there is none."""


@dataclass(frozen=True, slots=True)
class Const(Term):
    """A value that stands for itself."""

    plain: Plain

    def value(self, scope: Scope) -> object:  # noqa: ARG002 - it is the same in every scope
        """The constant."""
        return self.plain


@dataclass(frozen=True, slots=True)
class Field(Term):
    """What stands at a route below the subject, below what is `up` steps around it, or below what `of` finds."""

    route: tuple[str, ...] = ()
    up: int = 0
    of: "Term | None" = None

    def value(self, scope: Scope) -> object:
        """The value there; None when there is none."""
        start = scope.values[-1 - self.up] if self.of is None else self.of.value(scope)
        return reach(start, self.route)


@dataclass(frozen=True, slots=True)
class Key(Term):
    """The key under which the subject, or what is `up` steps around it, was found in a mapping."""

    up: int = 0

    def value(self, scope: Scope) -> object:
        """The key."""
        return scope.keys[-1 - self.up]


@dataclass(frozen=True, slots=True)
class Equal(Term):
    """Whether two values are of one type and equal."""

    one: Term
    other: Term

    def value(self, scope: Scope) -> bool:
        """The comparison."""
        one, other = self.one.value(scope), self.other.value(scope)
        return type(one) is type(other) and one == other


@dataclass(frozen=True, slots=True)
class Blank(Term):
    """Whether there is no value, or an empty text."""

    one: Field

    def value(self, scope: Scope) -> bool:
        """The comparison."""
        return self.one.value(scope) in (None, "")


@dataclass(frozen=True, slots=True)
class In(Term):
    """Whether a value is one of some texts; no value counts as the empty one."""

    one: Term
    texts: tuple[str, ...]

    def value(self, scope: Scope) -> bool:
        """The membership."""
        one = self.one.value(scope)
        return isinstance(one, str | None) and (one or "") in self.texts


@dataclass(frozen=True, slots=True)
class Has(Term):
    """Whether a list holds a value."""

    items: Term
    plain: str | int

    def value(self, scope: Scope) -> bool:
        """The membership."""
        items = self.items.value(scope)
        return isinstance(items, list) and any(type(i) is type(self.plain) and i == self.plain for i in items)


@dataclass(frozen=True, slots=True)
class Matches(Term):
    """Whether a value is a text that matches a pattern from start to end; the pattern is RE2's as well as Python's."""

    one: Term
    pattern: str

    def value(self, scope: Scope) -> bool:
        """The match."""
        one = self.one.value(scope)
        return isinstance(one, str) and re.fullmatch(self.pattern, one, re.ASCII) is not None


@dataclass(frozen=True, slots=True)
class IsWhole(Term):
    """Whether a value is a whole number within bounds, both included; None: no bound."""

    one: Term
    least: int | None = None
    most: int | None = None

    def value(self, scope: Scope) -> bool:
        """The type and the comparison."""
        one = self.one.value(scope)
        if not isinstance(one, int) or isinstance(one, bool):
            return False
        return (self.least is None or one >= self.least) and (self.most is None or one <= self.most)


@dataclass(frozen=True, slots=True)
class Not(Term):
    """The contrary."""

    one: Term

    def value(self, scope: Scope) -> bool:
        """The negation."""
        return not self.one.value(scope)


@dataclass(frozen=True, slots=True)
class Both(Term):
    """Whether all of some terms hold; the later ones are read only while the earlier hold."""

    terms: tuple[Term, ...]

    def value(self, scope: Scope) -> bool:
        """The conjunction."""
        return all(term.value(scope) for term in self.terms)


@dataclass(frozen=True, slots=True)
class Either(Term):
    """Whether any of some terms holds."""

    terms: tuple[Term, ...]

    def value(self, scope: Scope) -> bool:
        """The disjunction."""
        return any(term.value(scope) for term in self.terms)


@dataclass(frozen=True, slots=True)
class Some(Term):
    """Whether a test holds for some mapping in a list; the test's subject is that mapping."""

    items: Term
    test: Term

    def value(self, scope: Scope) -> bool:
        """The search."""
        return any(self.test.value(inner) for inner in mappings(self.items, scope))


@dataclass(frozen=True, slots=True)
class First(Term):
    """The first mapping in a list for which a test holds; None when there is none."""

    items: Term
    test: Term

    def value(self, scope: Scope) -> object:
        """The mapping."""
        return next((inner.values[-1] for inner in self._found(scope)), None)

    def index(self, scope: Scope) -> int | None:
        """Where it stands in the list."""
        return next((int(inner.keys[-1]) for inner in self._found(scope)), None)

    def _found(self, scope: Scope) -> "list[Scope]":
        return [inner for inner in mappings(self.items, scope) if self.test.value(inner)][:1]


@dataclass(frozen=True, slots=True)
class Choose(Term):
    """One of two values, by a test."""

    test: Term
    then: Term
    otherwise: Term

    def value(self, scope: Scope) -> object:
        """The value chosen."""
        return (self.then if self.test.value(scope) else self.otherwise).value(scope)


@dataclass(frozen=True, slots=True)
class Named(Term):
    """What a table has under a text; None when it has nothing."""

    one: Term
    table: tuple[tuple[str, str], ...]

    def value(self, scope: Scope) -> object:
        """The entry."""
        one = self.one.value(scope)
        return dict(self.table).get(one) if isinstance(one, str) else None


@dataclass(frozen=True, slots=True)
class Before(Term):
    """What stands before the first separator of a text; all of it where there is none, None for other values."""

    one: Term
    separator: str

    def value(self, scope: Scope) -> object:
        """The start of the text."""
        one = self.one.value(scope)
        return one.partition(self.separator)[0] if isinstance(one, str) else None


Pieces = tuple[str | Term, ...]


def told(pieces: Pieces, scope: Scope) -> str:
    """A sentence out of words and values."""
    return "".join(piece if isinstance(piece, str) else _text(piece.value(scope)) for piece in pieces)


def reach(value: object, route: Route) -> object:
    """The value at a route below `value`; None when there is none."""
    for step in route:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def field(*route: str, up: int = 0, of: Term | None = None) -> Field:
    """`Field`, as claims write it."""
    return Field(route, up, of)


def equals(one: Term, plain: Plain) -> Term:
    """Whether a value is that constant."""
    return Equal(one, Const(plain))


def absent(one: Term) -> Term:
    """Whether there is no value."""
    return equals(one, None)


def present(one: Term) -> Term:
    """Whether there is a value."""
    return Not(absent(one))


def blank(one: Field) -> Term:
    """Whether there is no value, or an empty text."""
    return Blank(one)


def both(*terms: Term) -> Term:
    """`Both`, as claims write it."""
    return Both(terms)


def either(*terms: Term) -> Term:
    """`Either`, as claims write it."""
    return Either(terms)


def mappings(items: Term, scope: Scope) -> list[Scope]:
    """The scopes of a list's mappings, each a subject of its own; none where it is no list."""
    found = items.value(scope)
    entries = found if isinstance(found, list) else []
    return [scope.inside(entry, index) for index, entry in enumerate(entries) if isinstance(entry, dict)]


def _text(value: object) -> str:
    """A value as CEL's `string` writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)

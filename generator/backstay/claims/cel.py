"""Claims in CEL, as API servers (ValidatingAdmissionPolicy) and Gatekeeper's K8sNativeValidation engine read it.

Fields are asked for by optional selection, which is there from Kubernetes 1.29 on. The API server has brought objects
into the shape of their kind before policies see them, so what is there has the type that the kind gives it.
Source: kubernetes/kubernetes staging/src/k8s.io/apiserver/pkg/cel/environment/base.go, google/cel-spec doc/langdef.md.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from backstay.claims.claim import Claim, Each, Path
from backstay.claims.spot import Spot, Spots, literal, quoted, texts_of
from backstay.claims.terms import (
    Before,
    Blank,
    Both,
    Choose,
    Const,
    Either,
    Equal,
    Field,
    First,
    Has,
    In,
    IsWhole,
    Key,
    Matches,
    Named,
    Not,
    Pieces,
    Some,
    Term,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Validation:
    """One check: variables in order, an expression that is true for good objects, and one for the message."""

    variables: tuple[tuple[str, str], ...]
    expression: str
    message: str


def validation(claim: Claim, path: Path, kinds: Sequence[str], stem: str, rule: str) -> Validation:
    """A claim about the subjects at one path of some kinds. `stem` starts the names of its variables."""
    guard = f"!(object.kind in {texts_of(tuple(sorted(kinds)))})"
    words = (f"{rule}: ", *claim.message, " (", *claim.help, ")")
    start: Spots = (Spot("object"),)
    stages = _stages(path)
    if len(stages) == 1:
        scope = (*start, start[0].below(stages[0][0]))
        wrong = _safely(claim.wrong, scope, maps_above(start[0], stages[0][0]))
        return Validation((), f"{guard} || !{wrong}", sentence(words, scope))
    variables: list[tuple[str, str]] = []
    scope, end = start, start[0]
    for number in range(len(stages) - 1):
        name = f"{stem}_{number}"
        variables.append((name, _matching(scope, end, stages[number:], claim.wrong)))
        fields, each = stages[number]
        spot = _entry(end.below(fields), each, f"variables.{name}[0]")
        scope, end = (*scope, spot), spot
    subject = end.below(stages[-1][0])
    first = variables[0][0]
    return Validation(
        tuple(variables),
        f"{guard} || size(variables.{first}) == 0",
        sentence(words, (*scope, Spot(subject.text, subject.optional))),
    )


def sentence(pieces: Pieces, scope: Spots) -> str:
    """An expression for a text out of words and values."""
    joined: list[str] = []
    words = ""
    for piece in pieces:
        if isinstance(piece, str):
            words += piece
        else:
            joined += [quoted(words)] if words else []
            joined.append(f"string({write(piece, scope)})")
            words = ""
    return " + ".join([*joined, *([quoted(words)] if words else [])])


def _stages(path: Path) -> list[tuple[list[str], Each | None]]:
    """The fields up to each list or mapping, with what is taken from it; the last stage takes nothing."""
    stages: list[tuple[list[str], Each | None]] = []
    fields: list[str] = []
    for step in path:
        if isinstance(step, Each):
            stages.append((fields, step))
            fields = []
        else:
            fields.append(step)
    return [*stages, (fields, None)]


def _matching(scope: Spots, end: Spot, stages: list[tuple[list[str], Each | None]], wrong: Term) -> str:
    """The entries of a list (of a mapping: the keys) in or below which something is wrong."""
    return _over(scope, end, stages, wrong, ("filter", []))


def _over(
    scope: Spots,
    end: Spot,
    stages: list[tuple[list[str], Each | None]],
    wrong: Term,
    how: tuple[str, list[str]],
) -> str:
    """`how` is the comprehension, and tests of what the entries are that it is about."""
    fields, each = stages[0]
    place, shaped = end.below(fields), [*how[1], *maps_above(end, fields)]
    if each is None:
        return _safely(wrong, (*scope, Spot(place.text, place.optional)), shaped)
    bound = f"x{len(scope)}"
    spot = _entry(place, each, bound)
    entry = [f"type({spot.text}) == {_ENTRIES[each]}"] if each in _ENTRIES else []
    inside = _over((*scope, spot), spot, stages[1:], wrong, ("exists", entry))
    return f"{_listed(place, each, shaped)}.{how[0]}({bound}, {inside})"


_ENTRIES = {Each.ITEMS: "map", Each.VALUES: "map", Each.TEXTS: "string"}
"""The type of what is taken from lists and mappings; the rest is passed by, as in Python."""


def _listed(place: Spot, each: Each, maps: list[str]) -> str:
    """The list, or the mapping, that the entries come from; an empty one where something else stands there."""
    sort, empty = ("list", "[]") if each in {Each.ITEMS, Each.TEXTS} else ("map", "{}")
    if each is Each.WORDS:
        text = place.or_else("''")
        tests = [*maps, f"type({text}) == string", f"{text} != ''"]
        return f"({_all(tests)} ? {text}.split(',') : [])"
    found = place.or_else(empty)
    return f"({_all([*maps, f'type({found}) == {sort}'])} ? {found} : {empty})"


def _all(tests: Iterable[str]) -> str:
    return " && ".join(dict.fromkeys(tests))


def _safely(wrong: Term, scope: Spots, maps: list[str]) -> str:
    """A term that is false where the object has not the shape that it asks about, so that it is never an error.

    A conjunction of CEL is false when one of its parts is, whatever the others come to.
    """
    return f"({_all([*maps, *shape(wrong, scope), write(wrong, scope)])})"


def maps_above(start: Spot, fields: Sequence[str]) -> list[str]:
    """Tests that everything between a place and a field below it is a mapping, where it is there at all."""
    above = (start.below(fields[:length]) for length in range(len(fields)))
    return [f"type({spot.or_else('{}')}) == map" for spot in above if spot.text != "object"]


def shape(term: Term, scope: Spots) -> Iterator[str]:
    """Tests that must hold for a term to have a value."""
    if isinstance(term, Field):
        yield from _shape_of_field(term, scope)
    elif isinstance(term, Some | First | Has):
        yield from shape(term.items, scope)
        if isinstance(term.items, Field):
            yield f"type({_spot(term.items, scope).or_else('[]')}) == list"
    else:
        for part in _parts(term):
            yield from shape(part, scope)


def _shape_of_field(term: Field, scope: Spots) -> Iterator[str]:
    if isinstance(term.of, First):
        yield from shape(term.of, scope)
        yield from maps_above(_first(term.of, scope), term.route)[1:]
    elif term.of is None:
        yield from maps_above(scope[-1 - term.up], term.route)


def _parts(term: Term) -> tuple[Term, ...]:
    match term:
        case Equal(one, other):
            return (one, other)
        case Both(terms) | Either(terms):
            return terms
        case Choose(test, then, otherwise):
            return (test, then, otherwise)
        case (
            Blank(one)
            | In(one, _)
            | Matches(one, _)
            | IsWhole(one, _, _)
            | Not(one)
            | Before(one, _)
            | Named(one, _)
        ):
            return (one,)
    return ()


def _entry(place: Spot, each: Each | None, bound: str) -> Spot:
    if each is Each.VALUES:
        return Spot(f"{place.or_else('{}')}[{bound}]", key=bound)
    return Spot(bound, key=bound)


def write(term: Term, scope: Spots) -> str:  # noqa: C901, PLR0911, PLR0912 - one case a term is the clearest form of a translation
    """A term as an expression."""
    match term:
        case Const(plain):
            return literal(plain)
        case Field():
            return _spot(term, scope).or_else("null")
        case Key(up):
            return scope[-1 - up].key
        case Equal(one, other):
            return f"{write(one, scope)} == {write(other, scope)}"
        case Blank(place):
            return f"{_spot(place, scope).or_else(quoted(''))} == ''"
        case In(Field() as place, texts):
            return f"{_spot(place, scope).or_else(quoted(''))} in {texts_of(texts)}"
        case In(one, texts):
            return f"{write(one, scope)} in {texts_of(texts)}"
        case Has(items, plain):
            return f"{literal(plain)} in {_items(items, scope)}"
        case Matches(one, pattern):
            text = write(one, scope)
            return f"(type({text}) == string && string({text}).matches({quoted(f'^(?:{pattern})$')}))"
        case IsWhole(one, least, most):
            number = write(one, scope)
            bounds = [
                f"{number} {sign} {bound}"
                for sign, bound in ((">=", least), ("<=", most))
                if bound is not None
            ]
            return f"({' && '.join([f'type({number}) == int', *bounds])})"
        case Not(Equal(one, other)):
            return f"{write(one, scope)} != {write(other, scope)}"
        case Not(Blank(place)):
            return f"{_spot(place, scope).or_else(quoted(''))} != ''"
        case Not(one):
            return f"!{grouped(one, scope)}"
        case Both(terms):
            return f"({' && '.join(write(one, scope) for one in terms)})"
        case Either(terms):
            return f"({' || '.join(write(one, scope) for one in terms)})"
        case Some(items, test):
            return _search(items, test, scope, "exists")
        case First():
            return _first(term, scope).or_else("null")
        case Choose(test, then, otherwise):
            return f"({grouped(test, scope)} ? dyn({write(then, scope)}) : dyn({write(otherwise, scope)}))"
        case Before(one, separator):
            return f"string({write(one, scope)}).split({quoted(separator)})[0]"
        case Named(one, table):
            entries = ", ".join(f"{quoted(key)}: {quoted(text)}" for key, text in table)
            return f"dyn({{{entries}}})[?{write(one, scope)}].orValue(null)"
    raise AssertionError(f"no CEL for {type(term).__name__}")


def grouped(term: Term, scope: Spots) -> str:
    """A term as an expression that a sign may stand before."""
    text = write(term, scope)
    return text if isinstance(term, Both | Either | Matches | IsWhole | Some | Field) else f"({text})"


def _spot(term: Field, scope: Spots) -> Spot:
    if term.of is None:
        return scope[-1 - term.up].below(term.route)
    found = _first(term.of, scope) if isinstance(term.of, First) else Spot(write(term.of, scope))
    return found.below(term.route)


def _first(term: First, scope: Spots) -> Spot:
    return Spot(f"{_search(term.items, term.test, scope, 'filter')}[?0]", optional=True)


def _search(items: Term, test: Term, scope: Spots, how: str) -> str:
    bound = f"x{len(scope)}"
    inside = (*scope, Spot(bound, key=bound))
    judged = [f"type({bound}) == map", *shape(test, inside), write(test, inside)]
    return f"{_items(items, scope)}.{how}({bound}, {_all(judged)})"


def _items(items: Term, scope: Spots) -> str:
    return _spot(items, scope).or_else("[]") if isinstance(items, Field) else write(items, scope)

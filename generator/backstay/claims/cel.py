"""Claims in CEL, as API servers (ValidatingAdmissionPolicy) and Gatekeeper's K8sNativeValidation engine read it.

Fields are asked for by optional selection, which is there from Kubernetes 1.29 on. The API server has brought objects
into the shape of their kind before policies see them, so what is there has the type that the kind gives it.
Source: kubernetes/kubernetes staging/src/k8s.io/apiserver/pkg/cel/environment/base.go, google/cel-spec doc/langdef.md.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from backstay.claims.claim import Claim, Each, Path
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
    Plain,
    Some,
    Term,
)  # fmt: skip

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_RESERVED = frozenset(
    [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "false",
        "for",
        "function",
        "if",
        "import",
        "in",
        "let",
        "loop",
        "namespace",
        "null",
        "package",
        "return",
        "true",
        "var",
        "void",
        "while",
    ]
)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in CEL: its text, whether that is an optional value, and the text of the key it was found under."""

    text: str
    optional: bool = False
    key: str = "''"

    def below(self, keys: Sequence[str]) -> "Spot":
        """A place further down, which may not be there."""
        if not keys:
            return self
        return Spot(self.text + "".join(map(_selection, keys)), optional=True)

    def or_else(self, otherwise: str) -> str:
        """The value there, or another one."""
        if not self.optional:
            return self.text
        # A type checker takes what `[?key]` finds for as narrow as the alternative, and refuses to compare it.
        return f"{self.text}.orValue({f'dyn({otherwise})' if self.text.endswith(']') else otherwise})"


Spots = tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Validation:
    """One check: variables in order, an expression that is true for good objects, and one for the message."""

    variables: tuple[tuple[str, str], ...]
    expression: str
    message: str


def validation(claim: Claim, path: Path, kinds: Sequence[str], stem: str, rule: str) -> Validation:
    """A claim about the subjects at one path of some kinds. `stem` starts the names of its variables."""
    guard = f"!(object.kind in {_list(tuple(sorted(kinds)))})"
    words = (f"{rule}: ", *claim.message, " (", *claim.help, ")")
    start: Spots = (Spot("object"),)
    stages = _stages(path)
    if len(stages) == 1:
        scope = (*start, start[0].below(stages[0][0]))
        return Validation((), f"{guard} || !{grouped(claim.wrong, scope)}", sentence(words, scope))
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
            joined += [_quoted(words)] if words else []
            joined.append(f"string({write(piece, scope)})")
            words = ""
    return " + ".join([*joined, *([_quoted(words)] if words else [])])


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
    return _over(scope, end, stages, wrong, "filter")


def _over(scope: Spots, end: Spot, stages: list[tuple[list[str], Each | None]], wrong: Term, how: str) -> str:
    fields, each = stages[0]
    place = end.below(fields)
    if each is None:
        return write(wrong, (*scope, Spot(place.text, place.optional)))
    bound = f"x{len(scope)}"
    spot = _entry(place, each, bound)
    inside = _over((*scope, spot), spot, stages[1:], wrong, "exists")
    return f"{_listed(place, each)}.{how}({bound}, {inside})"


def _listed(place: Spot, each: Each) -> str:
    """The list, or the mapping, that the entries come from."""
    if each is Each.WORDS:
        text = place.or_else("''")
        return f"({text} == '' ? [] : {text}.split(','))"
    return place.or_else("[]" if each in {Each.ITEMS, Each.TEXTS} else "{}")


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
            return f"{_spot(place, scope).or_else(_quoted(''))} == ''"
        case In(Field() as place, texts):
            return f"{_spot(place, scope).or_else(_quoted(''))} in {_list(texts)}"
        case In(one, texts):
            return f"{write(one, scope)} in {_list(texts)}"
        case Has(items, plain):
            return f"{literal(plain)} in {_items(items, scope)}"
        case Matches(one, pattern):
            text = write(one, scope)
            return f"(type({text}) == string && string({text}).matches({_quoted(f'^(?:{pattern})$')}))"
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
            return f"{_spot(place, scope).or_else(_quoted(''))} != ''"
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
            return f"string({write(one, scope)}).split({_quoted(separator)})[0]"
        case Named(one, table):
            entries = ", ".join(f"{_quoted(key)}: {_quoted(text)}" for key, text in table)
            return f"dyn({{{entries}}})[?{write(one, scope)}].orValue(null)"
    raise AssertionError(f"no CEL for {type(term).__name__}")


def literal(plain: Plain) -> str:
    """A constant."""
    return _quoted(plain) if isinstance(plain, str) else json.dumps(plain)


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
    return f"{_items(items, scope)}.{how}({bound}, {write(test, (*scope, Spot(bound, key=bound)))})"


def _items(items: Term, scope: Spots) -> str:
    return _spot(items, scope).or_else("[]") if isinstance(items, Field) else write(items, scope)


def _selection(key: str) -> str:
    plain = _IDENTIFIER.fullmatch(key) and key not in _RESERVED
    return f".?{key}" if plain else f"[?{_quoted(key)}]"


def _list(texts: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"

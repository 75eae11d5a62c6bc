"""Defaults in CEL, as MutatingAdmissionPolicy has them: what the API server adds to a pod before the claims are judged.

Entries of lists that are merged by name are filled in by an ApplyConfiguration, which leaves what it does not name alone;
`tolerations` is a list that is replaced as a whole, which ApplyConfigurations may not touch, so it is patched. A second call adds
nothing, as what was added mends the claim.
Source: kubernetes/api admissionregistration/v1 types.go (Mutation), kubernetes/website
reference/access-authn-authz/mutating-admission-policy.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from backstay.claims.cel import grouped, write
from backstay.claims.claim import Claim, Expressed, Installed
from backstay.claims.default import Append, Fill
from backstay.claims.spot import Spot, Spots, literal
from backstay.claims.terms import Field, both

KIND = "Pod"


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change: its sort (`ApplyConfiguration`, `JSONPatch`), and an expression for what is changed."""

    sort: str
    expression: str


def mutations(expressed: Expressed, installed: Installed) -> Iterator[Mutation]:
    """What the defaults of a rule's claims add to pods, in the order of the claims."""
    for claim in expressed.claims(installed):
        if isinstance(claim.default, Fill) and KIND in claim.over:
            yield Mutation("ApplyConfiguration", _filled(claim.default))
        elif isinstance(claim.default, Append) and KIND in claim.over:
            yield Mutation("JSONPatch", _appended(claim, claim.default))


def _filled(default: Fill) -> str:
    """An object that names the entries that lack the field, and the field."""
    entry, scope = "x2", _scope()
    inside = (*scope, Spot(entry, key=entry))
    path = ("Object", *default.items)
    value = write(default.value, inside)
    for depth in range(len(default.at), 0, -1):
        value = f"{'.'.join((*path, *default.at[: depth - 1]))}{{{_named(depth, default, entry)}{default.at[depth - 1]}: {value}}}"
    items = write(Field(default.items), scope).removesuffix(".orValue(null)")
    wrong = write(both(default.wrong, default.when), inside)
    value = f"{items}.orValue([]).filter({entry}, {wrong}).map({entry}, {value})"
    for depth in range(len(default.items), 0, -1):
        value = f"{'.'.join(('Object', *default.items[: depth - 1]))}{{{default.items[depth - 1]}: {value}}}"
    return value


def _named(depth: int, default: Fill, entry: str) -> str:
    """The key that entries are merged by, in the outermost object of an entry."""
    return f"name: {entry}.name, " if depth == 1 and default.at else ""


def _appended(claim: Claim, default: Append) -> str:
    """Patches that make the list where there is none, and put the entry at its end; none where the claim holds."""
    path = "/".join(("", *default.at))
    fields = ", ".join(f"{literal(key)}: {literal(text)}" for key, text in default.value.items())
    there = f"has(object.{'.'.join(default.at)})"
    made = f"JSONPatch{{op: 'add', path: {literal(path)}, value: []}}"
    added = f"JSONPatch{{op: 'add', path: {literal(f'{path}/-')}, value: {{{fields}}}}}"
    return f"{grouped(claim.wrong, _scope())} ? ({there} ? [] : [{made}]) + [{added}] : []"


def _scope() -> Spots:
    """The object, and the pod in it: the object itself."""
    return (Spot("object"), Spot("object"))

"""Output to spec, for people."""

from collections.abc import Iterator

from backstay.core.fact import OriginKind
from backstay.core.manifest import Role
from backstay.core.route import show
from backstay.explain.lines import Paint, limit_lines, page, prose, source_lines
from backstay.explain.numbers import Number
from backstay.explain.why import Reason, Why
from backstay.explain.words import shown

_ROLES = {
    Role.PATCH: " (a patch of what the install brings)",
    Role.KUSTOMIZE: " (a kustomization)",
    Role.BUNDLE: " (a file of the bundle)",
}


def why_text(told: Why, out: str, paint: Paint) -> str:
    """A field's whole story, or an overview of several; `out` is the folder that output paths start in."""
    alone = len(told.reasons) == 1 and len(told.reasons[0].fields) == 1
    return page(_field(told, out, paint) if alone else _overview(told, out, paint))


def _subject(told: Why) -> str:
    named = (
        str(told.ref)
        if told.ref.kind and told.role in {Role.OBJECT, Role.PATCH}
        else told.path.split("/", 1)[1]
    )
    return f"{named} of cluster {told.cluster}{_ROLES.get(told.role, '')}"


def _field(told: Why, out: str, paint: Paint) -> Iterator[str]:
    reason = told.reasons[0]
    field = reason.fields[0]
    yield paint(f"{told.names[field.route]}: {shown(field.value)}", "bold")
    yield _subject(told)
    yield f"{out}/{told.path}"
    yield show(field.route)
    yield ""
    yield from _story(reason, paint)


def _story(reason: Reason, paint: Paint) -> Iterator[str]:
    """Sources first where they state the value, then every number with every limit."""
    value = shown(reason.fields[0].value)
    if reason.sources:
        yield paint(_comes_from(reason), "bold")
        for one in reason.sources:
            yield from source_lines(one, "  ")
    single = len(reason.numbers) == 1 and not reason.sources
    for at, told in enumerate(reason.numbers):
        if at or reason.sources:
            yield ""
        yield from _number(told, value if single else "")


def _comes_from(reason: Reason) -> str:
    first = reason.sources[0]
    if first.kind is OriginKind.FIXED:
        return "It is"
    pinned = any(number.pin == first.ref for number in reason.numbers)
    return "It is pinned by" if pinned else "It comes from"


def _number(told: Number, value: str) -> Iterator[str]:
    derivation = told.derivation
    if told.pin:
        yield prose(f"Solved, {derivation.name} would be {told.shown}: {derivation.choice}.")
    else:
        yield prose(f"{value or told.shown} is solved. It is {derivation.name}: {derivation.choice}.")
    for one in told.limits:
        yield ""
        yield from limit_lines(one, told, "  ", "*" if one.decides else "")
    yield ""
    yield f"  * decides ({derivation.id})"


def _overview(told: Why, out: str, paint: Paint) -> Iterator[str]:
    yield paint(_subject(told), "bold")
    yield f"{out}/{told.path}"
    for reason in told.reasons:
        yield ""
        yield from _group(told, reason)
    yield ""
    yield "name a field to see its whole story; any end of its way that is unique will do"


def _group(told: Why, reason: Reason) -> Iterator[str]:
    fixed = bool(reason.sources) and reason.sources[0].kind is OriginKind.FIXED
    for number in reason.numbers:
        yield from _decided(number)
    for one in reason.sources:
        yield from source_lines(one, "")
    if fixed:
        yield prose(", ".join(told.names[field.route] for field in reason.fields), "    ")
        return
    for field in reason.fields:
        yield f"    {told.names[field.route]}: {shown(field.value)}"


def _decided(told: Number) -> Iterator[str]:
    yield prose(f"{told.shown} is solved. It is {told.derivation.name}; what decides:")
    for one in told.limits:
        if one.decides:
            yield from limit_lines(one, told, "  ")

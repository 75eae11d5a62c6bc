"""What the engine says of an object, in words: policy, field, value, and what would be right."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from backstay.check.context import Item
from backstay.check.cue.door import Fault, Sort
from backstay.check.cue.hiding import hidden, holds_secret, tells_secret
from backstay.check.cue.policies import Policy
from backstay.check.cue.rules import UNDECIDED, VIOLATED
from backstay.core.diagnostic import Diagnostic, Related
from backstay.core.place import Place
from backstay.core.route import Route, look_up, show

_LONGEST = 80

_FIXED_WORDS = {
    Sort.SAID: "{said}",
    Sort.REQUIRED: "`{field}` is missing, and policy `{name}` asks for it",
    Sort.NOT_ALLOWED: "`{field}` is a field that policy `{name}` does not allow",
    Sort.INCOMPLETE: "policy `{name}` cannot be decided at `{field}`: {said}",
}


def tell(policy: Policy, item: Item, faults: Iterable[Fault], more: int = 0) -> Iterator[Diagnostic]:
    """A finding for each fault, placed at the field's spec line (or file line), else at the policy's.

    `more` is how many faults there are beside these, which one finding counts.
    """
    for fault in faults:
        yield _told(policy, item, fault)
    if more:
        message = f"{more} more fields are not what policy `{policy.name}` asks for"
        yield _told(policy, item, Fault(Sort.SAID, (), message, plain=True))


def _told(policy: Policy, item: Item, fault: Fault) -> Diagnostic:
    route = _route(item.value, fault.path)
    asked = fault.place if fault.place.file else policy.place
    decided = item.place_of(route)
    rule = UNDECIDED if fault.sort is Sort.INCOMPLETE else VIOLATED
    found = rule.report(
        _message(policy, item, fault, route),
        at=decided if decided != Place() else asked,
        help=_first(policy.doc) or f"see policy `{policy.name}`",
        related=(Related(asked, f"policy `{policy.name}`"),),
        object=item.ref, field=route, severity=policy.selection.severity,
    )  # fmt: skip
    return replace(found, policy=policy.name)


def _message(policy: Policy, item: Item, fault: Fault, route: Route) -> str:
    """In words; without the value, and without words that may hold it, where it may be a secret."""
    field = show(route) or "the object"
    bare = f"`{field}` is not what policy `{policy.name}` asks for"
    if fault.sort in _FIXED_WORDS:
        words = _FIXED_WORDS[fault.sort].format(field=field, name=policy.name, said=fault.message)
        trusted = fault.plain or item.ref.kind != "Secret" or fault.sort is not Sort.SAID
        return words if trusted and not tells_secret(item, words) else bare
    nearest = _route(item.value, fault.nearest.path) if fault.nearest else route
    if hidden(item, route) or hidden(item, nearest) or holds_secret(_look(item.value, route)):
        return bare
    words = _with_value(policy, item, fault, route)
    return bare if tells_secret(item, words) else words


def _with_value(policy: Policy, item: Item, fault: Fault, route: Route) -> str:
    value = f"`{show(route) or 'the object'}` is `{_value(item.value, route)}`"
    if fault.sort is Sort.BRANCHES:
        return f"{value}, which is none of what policy `{policy.name}` allows{_near(fault.nearest)}"
    return f"{value}, not what policy `{policy.name}` asks for: {_words(fault)}"


def _near(fault: Fault | None) -> str:
    if fault is None:
        return ""
    where = f" at `{'.'.join(fault.path)}`" if fault.path else ""
    return f"; nearest{where}: {_words(fault)}"


def _words(fault: Fault) -> str:
    """CUE's words, on one line."""
    return " ".join(fault.message.split())


def _look(value: object, route: Route) -> object:
    try:
        return look_up(value, route)
    except (KeyError, IndexError):
        return None


def _value(value: Mapping[str, object], route: Route) -> str:
    try:
        text = json.dumps(look_up(value, route), ensure_ascii=False, default=str)
    except KeyError:
        return "absent"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _route(value: object, path: tuple[str, ...]) -> Route:
    """The way to a field; steps through lists are numbers."""
    route: list[str | int] = []
    for step in path:
        is_list = isinstance(value, list | tuple) and step.isdecimal()
        key: str | int = int(step) if is_list else step
        route.append(key)
        value = _look(value, (key,))
    return tuple(route)


def _first(doc: str) -> str:
    """The first paragraph of a comment, on one line, as help is written."""
    text = " ".join(doc.partition("\n\n")[0].split()).rstrip(".")
    return text[:1].lower() + text[1:]

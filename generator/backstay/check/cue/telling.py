"""What the engine says of an object, in words: policy, field, value, and what would be right."""

import json
from collections.abc import Iterable, Iterator, Mapping

from backstay.check.context import Item
from backstay.check.cue.door import Fault, Sort
from backstay.check.cue.policies import Policy
from backstay.check.cue.rules import UNDECIDED, VIOLATED
from backstay.core.diagnostic import Diagnostic, Related
from backstay.core.place import Place
from backstay.core.route import Route, look_up, show
from backstay.core.secret import look

_LONGEST = 80
_SECRET = ("password", "passwd", "secret", "token", "credential", "apikey", "accesskey", "privatekey")

_FIXED_WORDS = {
    Sort.SAID: "{said}",
    Sort.REQUIRED: "`{field}` is missing, and policy `{name}` asks for it",
    Sort.NOT_ALLOWED: "`{field}` is a field that policy `{name}` does not allow",
    Sort.INCOMPLETE: "policy `{name}` cannot be decided at `{field}`: {said}",
}


def tell(policy: Policy, item: Item, faults: Iterable[Fault]) -> Iterator[Diagnostic]:
    """A finding for each fault, placed at the field's spec line (or file line), else at the policy's."""
    for fault in faults:
        yield _told(policy, item, fault)


def _told(policy: Policy, item: Item, fault: Fault) -> Diagnostic:
    route = _route(item.value, fault.path)
    asked = fault.place if fault.place.file else policy.place
    decided = item.place_of(route)
    rule = UNDECIDED if fault.sort is Sort.INCOMPLETE else VIOLATED
    return rule.report(
        _message(policy, item, fault, route),
        at=decided if decided != Place() else asked,
        help=_first(policy.doc) or f"see policy `{policy.name}`",
        related=(Related(asked, f"policy `{policy.name}`"),),
        object=item.ref, field=route, severity=policy.selection.severity,
    )  # fmt: skip


def _message(policy: Policy, item: Item, fault: Fault, route: Route) -> str:
    field, name = show(route) or "the object", policy.name
    if fault.sort in _FIXED_WORDS:
        return _FIXED_WORDS[fault.sort].format(field=field, name=name, said=fault.message)
    if _hidden(item, route):
        return f"`{field}` is not what policy `{name}` asks for"
    value = f"`{field}` is `{_value(item.value, route)}`"
    if fault.sort is Sort.BRANCHES:
        return f"{value}, which is none of what policy `{name}` allows{_near(fault.nearest)}"
    return f"{value}, not what policy `{name}` asks for: {_words(fault)}"


def _near(fault: Fault | None) -> str:
    if fault is None:
        return ""
    where = f" at `{'.'.join(fault.path)}`" if fault.path else ""
    return f"; nearest{where}: {_words(fault)}"


def _words(fault: Fault) -> str:
    """CUE's words, without what looks like a secret in them."""
    text = " ".join(fault.message.split())
    return "a value that looks like a secret" if look(text) else text


def _hidden(item: Item, route: Route) -> bool:
    """Whether the value may be a secret: by its object, its field's name, or the name beside it (`env`)."""
    beside = _look(item.value, (*route[:-1], "name")) if route[-1:] == ("value",) else None
    names = "".join(str(word).lower() for word in (*route[-1:], beside)).replace("-", "").replace("_", "")
    return item.ref.kind == "Secret" or any(word in names for word in _SECRET)


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
    if look(text):
        return "a secret, by its look"
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

"""Values and limits as people read them."""

import json

from backstay.core.manifest import Plain
from backstay.core.secret import look
from backstay.core.units import show_duration, show_quantity
from backstay.model.derivation import Bound

_ONE = {"retries": "retry", "attempts": "attempt"}
_RELATIONS = {"<=": "at most", ">=": "at least", "=": "exactly"}
_LONGEST = 120
_AROUND = 24  # characters that two texts have alike and that are still shown


def duration(ms: int) -> str:
    """As Go prints it, to the millisecond: `1m26.956s`, `150ms`, `-5s`."""
    if ms < 0:
        return f"-{duration(-ms)}"
    whole, rest = divmod(ms, 1000)
    if not whole or not rest:
        return show_duration(ms)
    minutes, seconds = divmod(whole, 60)
    return (show_duration(minutes * 60_000) if minutes else "") + f"{seconds}.{rest:03}".rstrip("0") + "s"


def amount(value: int, unit: str) -> str:
    """A solved number with its unit."""
    if unit == "ms":
        return duration(value)
    if unit == "bytes":
        return show_quantity(value)
    return f"{value} {_ONE.get(unit, unit) if value == 1 else unit}"


def limit(bound: Bound, unit: str) -> str:
    """`at most 1m26.956s`."""
    return f"{_RELATIONS[bound.relation]} {amount(bound.limit, unit)}"


def hidden(value: Plain) -> Plain:
    """A value as it is, unless there is something in it that looks like a secret: then only what it looks like."""
    secret = look(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return f"(hidden: it looks like {secret})" if secret else value


def shown(value: Plain) -> str:
    """A value on one line: text as it is where that is plain, anything else as JSON; secrets by their look only."""
    return _cut(_whole(value))


def _whole(value: Plain) -> str:
    value = hidden(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if text and text.isprintable() and text == text.strip() else json.dumps(value)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def contrast(one: Plain, other: Plain) -> tuple[str, str]:
    """Two values on a line each: of long ones, the part from where they differ."""
    texts = _whole(one), _whole(other)
    if max(map(len, texts)) <= _LONGEST:
        return texts
    alike = next(
        (at for at, pair in enumerate(zip(*texts, strict=False)) if pair[0] != pair[1]), min(map(len, texts))
    )
    start = max(0, alike - _AROUND)
    before = "..." if start else ""
    return before + _cut(texts[0][start:]), before + _cut(texts[1][start:])


def many(count: int, noun: str) -> str:
    """`1 field`, `3 fields`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"

"""What must not be repeated of an object: values that are secrets by their object, their name or their look."""

import base64
import binascii
from collections.abc import Iterator, Mapping

from backstay.check.context import Item
from backstay.core.route import Route, look_up
from backstay.core.secret import look

_NAMES = ("password", "passwd", "secret", "token", "credential", "apikey", "accesskey", "privatekey")
_SHORTEST = 4
"""Letters: shorter words are in every message."""
_MOST = 10_000
"""Values that are looked at; of an object with more, no message is trusted."""


def hidden(item: Item, route: Route) -> bool:
    """Whether the value may be a secret: by its object, its field's name, or the name beside it (`env`)."""
    beside = _look(item.value, (*route[:-1], "name")) if route[-1:] == ("value",) else None
    return item.ref.kind == "Secret" or _is_secret(*route[-1:], beside)


def holds_secret(value: object) -> bool:
    """Whether a struct or list has fields below it that are named like a secret: it is not printed, not even in part."""
    return any(_named(value, secret=False))


def tells_secret(item: Item, text: str) -> bool:
    """Whether a text looks like a secret, or has one of the object's in it."""
    if look(text):
        return True
    for count, value in enumerate(_secrets(item)):
        if count == _MOST or (len(value) >= _SHORTEST and value in text):
            return True
    return False


def _secrets(item: Item) -> Iterator[str]:
    """The texts in the object that may be secrets, of a Secret also as they were before base64."""
    if item.ref.kind != "Secret":
        yield from _named(item.value, secret=False)
        return
    for key in ("data", "stringData"):
        for text in _named(item.value.get(key), secret=True):
            yield text
            yield from _decoded(text)


def _named(value: object, *, secret: bool) -> Iterator[str]:
    """The texts below fields that are named like a secret; with `secret`, every text."""
    left = [(value, secret)]
    while left:
        one, is_secret = left.pop()
        if isinstance(one, Mapping):
            variable = is_secret or _is_secret(one.get("name"))
            left += [
                (below, is_secret or _is_secret(key) or (variable and key == "value"))
                for key, below in one.items()
            ]
        elif isinstance(one, list | tuple):
            left += [(below, is_secret) for below in one]
        elif is_secret and isinstance(one, str):
            yield one


def _decoded(text: str) -> Iterator[str]:
    try:
        yield base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return


def _is_secret(*words: object) -> bool:
    names = "".join(word.lower() for word in words if isinstance(word, str))
    names = names.replace("-", "").replace("_", "")
    return any(name in names for name in _NAMES)


def _look(value: object, route: Route) -> object:
    try:
        return look_up(value, route)
    except (KeyError, IndexError):
        return None

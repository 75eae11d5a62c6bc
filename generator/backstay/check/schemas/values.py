"""Values as the API server takes them, where JSON Schema has no word for it."""

import binascii
from base64 import b64decode
from collections.abc import Iterator, Mapping

from backstay.check.schemas import rules
from backstay.check.schemas.rules import Flaw
from backstay.core.route import Route, show


def is_base64(text: str) -> bool:
    """Whether Go's `base64.StdEncoding`, which passes over line breaks, reads a text."""
    try:
        b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def oddities(value: object, route: Route = ()) -> Iterator[Flaw]:
    """Keys and values that JSON cannot carry, and so no API server can be sent."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            if isinstance(key, str):
                yield from oddities(below, (*route, key))
            else:
                yield _wrong(route, f"has the key `{key}`, which is not text", "put the key in quotes")
    elif isinstance(value, list | tuple):
        for index, below in enumerate(value):
            yield from oddities(below, (*route, index))
    elif value is not None and not isinstance(value, bool | int | float | str):
        yield _wrong(
            route, f"is a {type(value).__name__}, for which JSON has no form", "put the value in quotes"
        )


def _wrong(route: Route, what: str, help_: str) -> Flaw:
    return Flaw(rules.WRONG_VALUE, route, f"`{show(route)}` {what}" if route else f"the object {what}", help_)

"""Secrets that were pasted into a spec. They are found by their look; findings never repeat them."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping

from backstay.core.diagnostic import Diagnostic
from backstay.core.place import Place
from backstay.core.route import Route
from backstay.core.secret import look
from backstay.spec.rules import SECRET_IN_SPEC

_SECRET_NAMES = re.compile(
    r"(?i)(password|passwd|secret_?access_?key|secretkey|accesskey|access_?token|api_?key)\Z"
)
_DENSE = re.compile(r"[A-Za-z0-9+/=_-]{20,}\Z")
_DENSE_BITS = 4.0


def find_secrets(value: object, route: Route = ()) -> Iterator[Diagnostic]:
    """A finding for each string below `value` that looks like a secret, at the string's place."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from find_secrets(below, (*route, str(key)))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from find_secrets(below, (*route, index))
    elif isinstance(value, str) and len(value) >= 8 and (what := _look(value, route)):  # noqa: PLR2004 - too short to tell
        yield SECRET_IN_SPEC.report(
            f"the value looks like {what}",
            at=Place(route=route),
            help="take it out, change it where it is valid (history remembers), and name a Secret and its key instead",
        )


def _look(text: str, route: Route) -> str | None:
    what = look(text)
    if what:
        return what
    name = str(route[-1]) if route and isinstance(route[-1], str) else ""
    if _SECRET_NAMES.search(name) and _DENSE.match(text) and _bits(text) >= _DENSE_BITS:
        return "a secret value where the name of a Secret's key belongs"
    return None


def _bits(text: str) -> float:
    """Shannon entropy in bits a character."""
    counts = Counter(text).values()
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts)

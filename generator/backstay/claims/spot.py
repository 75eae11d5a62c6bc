"""Words of CEL: constants, lists of texts, and places in an object with the selections that lead there.

Source: google/cel-spec doc/langdef.md.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from backstay.claims.terms import Plain

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
        return Spot(self.text + "".join(map(selection, keys)), optional=True)

    def or_else(self, otherwise: str) -> str:
        """The value there, or another one."""
        if not self.optional:
            return self.text
        # A type checker takes what `[?key]` finds for as narrow as the alternative, and refuses to compare it.
        return f"{self.text}.orValue({f'dyn({otherwise})' if self.text.endswith(']') else otherwise})"


Spots = tuple[Spot, ...]


def literal(plain: Plain) -> str:
    """A constant."""
    return quoted(plain) if isinstance(plain, str) else json.dumps(plain)


def selection(key: str) -> str:
    """An optional selection of a key."""
    plain = _IDENTIFIER.fullmatch(key) and key not in _RESERVED
    return f".?{key}" if plain else f"[?{quoted(key)}]"


def texts_of(texts: tuple[str, ...]) -> str:
    """A list of texts."""
    return f"[{', '.join(map(quoted, texts))}]"


def quoted(text: str) -> str:
    """A text between quotes."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"

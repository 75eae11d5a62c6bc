"""What a rule's docstring says: a summary and more about it, then its sections."""

import re
import textwrap
from dataclasses import dataclass, field

_SECTION = re.compile(r"^(Breaks|Bad|Good|Not judged|Source):[ \t]*", re.MULTILINE)
_CODE = ("Bad", "Good")


@dataclass(frozen=True, slots=True)
class RuleDoc:
    """`about`: what stands before the sections, as written. `sections` by name; `Bad` and `Good` are YAML as written."""

    about: str = ""
    sections: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """A section's text; empty where there is none."""
        return self.sections.get(name, "")


def read_doc(text: str) -> RuleDoc:
    """A docstring taken apart; sections of prose become one line each."""
    about, *rest = _SECTION.split(text.strip())
    pairs = zip(rest[::2], rest[1::2], strict=True)
    return RuleDoc(about.strip(), {name: _read(name, body) for name, body in pairs})


def _read(name: str, body: str) -> str:
    return textwrap.dedent(body).strip("\n").rstrip() if name in _CODE else " ".join(body.split())

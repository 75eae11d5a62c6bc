"""What a checker rule is: a module with a docstring, a `RULE` and a `check`."""

import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from backstay.check.context import Context
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.rule import Rule

_SECTIONS = ("Breaks", "Bad", "Good", "Source")


@dataclass(frozen=True, slots=True)
class Check:
    """A rule with what it reads and how it judges.

    `reads` names model parts (`calls`, `knobs`, `storage`, `retries`, ...) or object kinds (`ConfigMap`,
    `Deployment`, ...); the engine runs the rule only when one of them is there. `compare` judges a change from some
    objects to others, for rules about changes.
    """

    rule: Rule
    reads: frozenset[str]
    run: Callable[[Context], Iterator[Diagnostic]]
    compare: Callable[[Context, Context], Iterator[Diagnostic]] | None = None


def rule(doc: str | None, id_: str, name: str, severity: Severity = Severity.ERROR) -> Rule:
    """A rule whose words are its module's docstring: summary, then `Breaks:`, `Bad:`, `Good:`, `Source:`."""
    text = doc or ""
    return Rule(id_, name, severity, section(text, "Breaks"), section(text, "Source"), text)


def section(doc: str, name: str) -> str:
    """One section of a rule's docstring, its lines joined and dedented; empty when it is missing."""
    ends = "|".join(_SECTIONS)
    found = re.search(rf"^{name}:[ \t]*(.*?)(?=^(?:{ends}):|\Z)", doc, re.DOTALL | re.MULTILINE)
    return " ".join(found[1].split()) if found else ""


def example(doc: str, name: str) -> str:
    """What stands under `Bad:` or `Good:` of a docstring, as written but for the indentation; empty when it is missing.

    Objects as manifests have them, with `# --platform NAME=VERSION,...` before them where the version decides; or a piece
    of a spec; or both, as documents of one stream. A rule about changes shows `# before` and `# after`.
    """
    ends = "|".join((*_SECTIONS, "Not judged"))
    found = re.search(rf"^{name}:[ \t]*\n(.*?)(?=^(?:{ends}):|\Z)", doc, re.DOTALL | re.MULTILINE)
    return textwrap.dedent(found[1]).strip("\n") if found else ""

"""What a checker rule is: a module with a docstring, a `RULE` and a `check`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from backstay.check.context import Context
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.rule import Rule
from backstay.core.ruledoc import read_doc


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
    """A rule whose words are its module's docstring: summary, then `Breaks:`, `Bad:`, `Good:`, `Source:`.

    Under Bad and Good stand objects as manifests have them, with `# --platform NAME=VERSION,...` before them where the
    version decides; or a piece of a spec; or both, as documents of one stream. A rule about changes shows `# before` and
    `# after`.
    """
    text = doc or ""
    said = read_doc(text)
    return Rule(id_, name, severity, said["Breaks"], said["Source"], text)

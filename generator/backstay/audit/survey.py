"""A first look at all texts: what runs, and which words stand there by which rules relate objects.

It looks at bytes and reads only what may tell a version. What it misses of versions, because somebody wrote it in a
way that nobody writes it, is seen when everything is read, and then everything is judged once more.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from backstay.audit.definitions import Definitions
from backstay.audit.read import Holding, Reading
from backstay.audit.texts import FileText, Text
from backstay.audit.versions import Signs
from backstay.check import together
from backstay.check.context import Item
from backstay.core.failure import BadInput

_TELLING = (
    b"api-server:", b"app.kubernetes.io/version", b"jobset/jobset:", b"kube-controller-manager:", b"kube-scheduler:",
    b"CustomResourceDefinition", b"kubeletVersion", b"kueue/kueue:", b"operator.istio.io/version", b"pilot:", b"pipeline-install-config", b"proxyv2:", b"kube-apiserver:",
    b"trainer-controller-manager:", b"training-operator:", b"workflow-controller:", b"zenml-server:",
)  # fmt: skip
"""What stands in the text of an object that tells a version."""
_WORTH = re.compile(b"|".join(map(re.escape, _TELLING)))
COMMENT = b"backstay:"
"""What a comment that excuses a finding has in it; texts without it are not looked at for any."""
_ESCAPED = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|\r?\n[ \t]*)")


@dataclass
class Survey:
    """What was seen: the words that are there, what objects tell of versions, and the definitions of kinds."""

    words: set[str] = field(default_factory=set)
    signs: Signs = field(default_factory=Signs)
    definitions: Definitions = field(default_factory=Definitions)
    commented: list[Text] = field(default_factory=list)
    """What people wrote with comments to us in it."""

    def add(self, item: Item) -> None:
        """Take in what an object tells of versions, and a definition as the judge of others."""
        self.signs.add(item)
        self.definitions.add(item)

    def look_at(self, holding: Holding) -> None:
        """Take a text in; one that cannot be read tells nothing here, and is told when it is judged."""
        try:
            content = holding.text.read()
        except BadInput:
            return
        if COMMENT in content and _is_as_written(holding.text):
            self.commented.append(holding.text)
        self.words |= set(_words_in(content, together.words() - self.words))
        if any(word in content for word in _TELLING):
            for item in holding.items(Reading(), worth=_WORTH):
                self.add(item)


def _is_as_written(text: Text) -> bool:
    """Whether the lines of a text are those of what it is called by; what kustomize builds has lines of its own."""
    return isinstance(text, FileText) or text.shown == "-"


def survey(tree: Iterable[Holding]) -> Survey:
    """What all texts tell."""
    seen = Survey()
    for holding in tree:
        seen.look_at(holding)
    return seen


def _words_in(content: bytes, wanted: Iterable[str]) -> Iterator[str]:
    plain = _ESCAPED.sub(_character, content) if b"\\" in content else content
    return (word for word in wanted if word.encode() in plain)


def _character(found: re.Match[bytes]) -> bytes:
    """What an escape of JSON or YAML stands for; a line end that is escaped stands for nothing."""
    digits = found[1] or found[2] or found[3]
    code = int(digits, 16) if digits else 0
    return chr(code).encode("utf-8", "surrogatepass") if 0 < code < 0x110000 else b""  # noqa: PLR2004 - the end of Unicode

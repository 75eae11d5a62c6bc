"""The second way to change a text: ruamel's round trip, which keeps comments and quotes, and not every blank.

For what cannot be cut out and put in character by character, such as the first key of a list item with a comment behind.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from io import StringIO

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from backstay.core.fix import Change, Edit
from backstay.load.edit.cuts import CannotEdit, Splice

_WIDE = 1 << 16  # so that no long line is folded
_LIST_UNDER_KEY = re.compile(r"^( *)[^\s#-][^\n]*:[ \t]*\n( *)- ", re.MULTILINE)


def rewritten(text: str, index: int, changes: Sequence[Change]) -> tuple[Splice, ...]:
    """The text written anew with the changes made, as one splice of the lines that differ. Raises CannotEdit."""
    yaml = _like(text)
    try:
        documents = list(yaml.load_all(text))
        for change in changes:
            _make(documents[index], change)
        stream = StringIO()
        yaml.dump_all(documents, stream)
    except (YAMLError, KeyError, IndexError, TypeError, ValueError, AttributeError) as failed:
        raise CannotEdit("the text cannot be written anew with this change") from failed
    return _difference(text, stream.getvalue())


def _like(text: str) -> YAML:
    """A writer that indents as the text does."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDE
    yaml.explicit_start = text.startswith("---")
    found = _LIST_UNDER_KEY.search(text)
    if found is not None and len(found[2]) > len(found[1]):
        offset = len(found[2]) - len(found[1])
        yaml.indent(mapping=2, sequence=offset + 2, offset=offset)
    return yaml


def _make(document: object, change: Change) -> None:
    *way, last = change.route
    for step in way:
        document = document[step]  # type: ignore[index]  # KeyError and TypeError are looked for
    if not isinstance(change, Edit):
        at = list(document).index(last)  # type: ignore[call-overload]
        document.insert(at, change.key, document.pop(last))  # type: ignore[attr-defined]
    elif change.value is None:
        del document[last]  # type: ignore[attr-defined]
    elif isinstance(last, int) and last >= len(document):  # type: ignore[arg-type]
        document.append(change.value)  # type: ignore[attr-defined]
    else:
        document[last] = change.value  # type: ignore[index]


def _difference(old: str, new: str) -> tuple[Splice, ...]:
    """The lines in which two texts differ, as one splice."""
    if old == new:
        raise CannotEdit("the change changes nothing")
    before = next(
        (at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other),
        min(len(old), len(new)),
    )
    before = old.rfind("\n", 0, before) + 1
    after = 0
    with suppress(IndexError):
        while after < min(len(old), len(new)) - before and old[-1 - after] == new[-1 - after]:
            after += 1
    return (Splice(before, len(old) - after, new[before : len(new) - after]),)

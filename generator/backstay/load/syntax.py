"""What is wrong with the text itself: characters, tabs, and what cannot be parsed, in words for people."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from ruamel.yaml.error import MarkedYAMLError

from backstay.core.diagnostic import Diagnostic, Related
from backstay.core.place import Place
from backstay.load import rules

MAX_SHOWN: Final = 20  # findings of one sort in one file, past which a person has seen enough

Lines = Sequence[tuple[int, int]]  # first and last lines, from 0, that only continue a value

# Not printable by YAML 1.2, or the end of a line by YAML 1.1 only (NEL, LS, PS), or invisible (BOM)
_ODD = re.compile("[^\t\n\r -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_TAB_LED = re.compile(r" *\t[ \t]*[^\s#]")
_NO_START = re.compile(r"found character (.+) that cannot start any token")
_BREAK = re.compile(r"\r\n|\r|\n")

_HELP = (
    ("mapping values are not allowed", "quote the value if it contains `: `, or check the indentation"),
    ("cannot start any token", "quote the value"),
    (
        "could not find expected ':'",
        "write `key: value`, with a blank after the colon, or check the indentation",
    ),
    ("expected ',' or", "close the bracket, or put a comma between the entries"),
    ("node content", "close the bracket, or write the value"),
    ("unexpected end of stream", "close the quote"),
    ("unexpected document separator", "close the quote"),
    ("escape", "write a backslash in double quotes as `\\\\`, or use single quotes"),
    ("<block end>", "check the indentation of this line against the lines above"),
    ("sequence entries are not allowed", "put the list on lines of its own"),
    ("<document start>", "check the brackets, and the indentation of this line against the lines above"),
)
_CONTEXT = (
    ("sequence", "the list begins here"),
    ("collection", "the list begins here"),
    ("mapping", "the mapping begins here"),
    ("quoted scalar", "the quoted text begins here"),
    ("simple key", "the key begins here"),
)
_WORDS = (
    ("<block end>", "the end of the block"),
    ("'<document start>'", "the end of the document"),
    ("'<stream end>'", "the end of the file"),
    ("('<block mapping start>',)", "a mapping"),
    ("'<block mapping start>'", "a mapping"),
    ("'<block sequence start>'", "a list"),
    ("'<scalar>'", "a value"),
    ("but got ", "but found "),
)


def odd_characters(text: str, shown: str) -> Iterator[Diagnostic]:
    """The characters that must not stand in a YAML text as they are."""
    for odd in islice(_ODD.finditer(text), MAX_SHOWN):
        before = _BREAK.split(text[: odd.start()])
        code = ord(odd[0])
        name = unicodedata.name(odd[0], "control character").lower()
        yield rules.ODD_CHARACTER.report(
            f"character U+{code:04X} ({name})",
            at=Place(shown, len(before), len(before[-1]) + 1),
            help=f"take it out, or write it in double quotes as `\\U{code:08X}`",
        )


def unknown_character(at: Place) -> Diagnostic:
    """The finding about an escape that means no character."""
    help_ = "escapes go up to `\\U0010FFFF`, and halves of a character stand in pairs"
    return rules.ODD_CHARACTER.report("an escape that means no character", at=at, help=help_)


def tab_indentation(text: str, shown: str, inside: Lines) -> Iterator[Diagnostic]:
    """The lines indented by tabs, but for those inside a quoted or block text or between brackets."""
    if "\t" not in text:
        return
    spared = {number for first, last in inside for number in range(first, last + 1)}
    led = (
        (number, line)
        for number, line in enumerate(_BREAK.split(text))
        if _TAB_LED.match(line) and number not in spared
    )
    for number, line in islice(led, MAX_SHOWN):
        yield _tab(Place(shown, number + 1, line.index("\t") + 1))


def bad_syntax(broken: MarkedYAMLError, text: str, shown: str, inside: Lines) -> list[Diagnostic]:
    """Why the parser could not read on: a tab if it stumbled over one, else its own words made plain."""
    mark = broken.problem_mark or broken.context_mark
    lines = _BREAK.split(text)
    line = lines[mark.line] if mark.line < len(lines) else ""
    if _TAB_LED.match(line):
        return list(tab_indentation("\n".join(lines[: mark.line + 1]), shown, inside))
    at = Place(shown, mark.line + 1, mark.column + 1)
    if line[mark.column : mark.column + 1] == "\t":
        return [_tab(at)]
    problem = str(broken.problem or broken.context)
    help_ = next((help_ for part, help_ in _HELP if part in problem), "check this line and the one above")
    return [rules.INVALID_YAML.report(_in_words(problem), at=at, help=help_, related=_context(broken, shown))]


def _tab(at: Place) -> Diagnostic:
    return rules.TAB_INDENTATION.report(
        "a tab where only blanks may stand", at=at, help="put blanks in its place"
    )


def _in_words(problem: str) -> str:
    """The parser's message for people who do not know its grammar."""
    for theirs, ours in _WORDS:
        problem = problem.replace(theirs, ours)
    return _NO_START.sub(r"a value cannot start with \1", problem)


def _context(broken: MarkedYAMLError, shown: str) -> tuple[Related, ...]:
    """Where the thing began that is broken, unless it is broken there."""
    mark = broken.context_mark
    words = next((words for part, words in _CONTEXT if part in str(broken.context)), None)
    if mark is None or words is None:
        return ()
    return (Related(Place(shown, mark.line + 1, mark.column + 1), words),)

"""What is wrong with the text itself: characters, tabs, and what libyaml cannot parse, in words for people."""

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
_BREAK = re.compile(r"\r\n|\r|\n")

_HELP = (
    ("mapping values are not allowed", "quote the value if it contains `: `, or check the indentation"),
    ("cannot start any token", "quote the value"),
    (
        "could not find expected ':'",
        "write `key: value`, with a blank after the colon, or check the indentation",
    ),
    ("expected node content", "close the bracket, or write the value"),
    ("expected ',' or", "close the bracket, or put a comma between the entries"),
    ("unexpected end of stream", "close the quote"),
    ("unexpected document indicator", "close the quote"),
    ("unknown escape", "write a backslash in double quotes as `\\\\`, or use single quotes"),
    ("expected key", "check the indentation of this line against the lines above"),
    ("expected '-' indicator", "check the indentation of this line against the lines above"),
    ("block sequence entries are not allowed", "put the list on lines of its own"),
    ("document start", "a spec is one document: check the indentation of this line"),
)

_CONTEXT = (
    ("sequence", "the list begins here"),
    ("collection", "the list begins here"),
    ("mapping", "the mapping begins here"),
    ("quoted scalar", "the quoted text begins here"),
    ("simple key", "the key begins here"),
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
        yield rules.TAB_INDENTATION.report(
            "tab in the indentation",
            at=Place(shown, number + 1, line.index("\t") + 1),
            help="indent with blanks",
        )


def bad_syntax(broken: MarkedYAMLError, text: str, shown: str, inside: Lines) -> list[Diagnostic]:
    """Why libyaml could not read on: tabs if it stumbled over one, else its own words."""
    mark = broken.problem_mark or broken.context_mark
    lines = _BREAK.split(text)
    number = min(mark.line, len(lines) - 1) if mark is not None else 0
    column = mark.column if mark is not None else 0
    if _TAB_LED.match(lines[number]):
        return list(tab_indentation("\n".join(lines[: number + 1]), shown, inside))
    problem = str(broken.problem or "cannot be read")
    return [
        rules.INVALID_YAML.report(
            _in_words(problem, lines[number], column),
            at=Place(shown, number + 1, column + 1),
            help=next(
                (help_ for part, help_ in _HELP if part in problem), "check this line and the one above"
            ),
            related=_context(broken, shown),
        )
    ]


def _in_words(problem: str, line: str, column: int) -> str:
    if "cannot start any token" in problem and column < len(line):
        return f"a value cannot start with {'a tab' if line[column] == chr(9) else f'`{line[column]}`'}"
    return problem


def _context(broken: MarkedYAMLError, shown: str) -> tuple[Related, ...]:
    mark = broken.context_mark
    words = next((words for part, words in _CONTEXT if part in str(broken.context)), None)
    if mark is None or words is None:
        return ()
    return (Related(Place(shown, mark.line + 1, mark.column + 1), words),)

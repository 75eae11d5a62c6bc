"""The events of a text, one at a time: from ruamel's own parser, which knows YAML 1.2, or from libyaml.

libyaml takes a twentieth of the time, but knows YAML 1.1: it is for texts that mean the same to both.
"""

from collections.abc import Iterator

from _ruamel_yaml import CParser
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark
from ruamel.yaml.events import Event, ScalarEvent
from ruamel.yaml.scanner import Scanner


def events(text: str) -> Iterator[Event]:
    """The events up to the end of the stream.

    MarkedYAMLError where the text is no YAML, ValueError for an escape beyond the last character.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner = _Scanner
    yield from yaml.parse(text)


def libyaml_events(text: str) -> Iterator[Event]:
    """As `events`, for a clean text; MarkedYAMLError also where libyaml alone refuses it, or places it elsewhere."""
    parser = CParser(text)
    while parser.check_event():
        event = parser.get_event()
        if isinstance(event, ScalarEvent) and not (event.value or event.style):
            raise MarkedYAMLError(problem="a value is left out", problem_mark=event.start_mark)
        yield event


class _Scanner(Scanner):
    """As ruamel's, but a block text may begin with lines of fewer blanks than its own (YAML 1.2.2, 8.1.1.1)."""

    def scan_block_scalar_indentation(self) -> tuple[list[str], int, StringMark]:
        """The line ends before the first line that says something, its column, and the place behind the last of them."""
        breaks: list[str] = []
        widest = 0
        end = self.reader.get_mark()
        while self.reader.peek() in {" ", "\n", "\r"}:
            if self.reader.peek() == " ":
                self.reader.forward()
                widest = max(widest, self.reader.column)
            else:
                breaks.append(self.scan_line_break())
                end = self.reader.get_mark()
        return breaks, widest, end

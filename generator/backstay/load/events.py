"""The events of a text, from ruamel's own parser: YAML 1.2, one event at a time.

The C parser that ruamel can use instead is libyaml 0.1 and refuses `[db:5432]`, which YAML 1.2 allows.
"""

from collections.abc import Iterator

from ruamel.yaml import YAML
from ruamel.yaml.error import StringMark
from ruamel.yaml.events import Event
from ruamel.yaml.scanner import Scanner


def events(text: str) -> Iterator[Event]:
    """The events up to the end of the stream.

    MarkedYAMLError where the text is no YAML, ValueError for an escape beyond the last character.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner = _Scanner
    yield from yaml.parse(text)


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

"""Annotations: what GitHub's runner reads back of a line is what was found.

The runner splits a command at `::`, its properties at `,` and `=`, and then undoes the escapes.
Source: actions/runner src/Runner.Common/ActionCommand.cs (TryParseV2, the escape mappings).
"""

from hypothesis import given
from hypothesis import strategies as st

from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.place import Place
from backstay.report.github import to_github
from support.examples import times

_DATA = {"%0D": "\r", "%0A": "\n"}
_PROPERTY = {**_DATA, "%3A": ":", "%2C": ","}
TEXTS = st.text(st.sampled_from("ab%:,;\r\n=機025AD "), max_size=40)


def read(line):
    """A command as the runner reads it: its name, properties and message."""
    assert line.startswith("::")
    head, _, message = line[2:].partition("::")
    command, _, pairs = head.partition(" ")
    properties = dict(pair.split("=", 1) for pair in pairs.split(","))
    undone = {key: unescaped(value, _PROPERTY) for key, value in properties.items()}
    return command, undone, unescaped(message, _DATA)


def unescaped(text, marks):
    """The runner's order: every mark, the percent sign last."""
    for mark, char in marks.items():
        text = text.replace(mark, char)
    return text.replace("%25", "%")


def found(message="m", help_="", file="a.yaml", severity=Severity.ERROR, waived=None):
    """A finding."""
    return Diagnostic("MSH014", "slow-links", severity, message, help_, Place(file, 3, 5), waived=waived)


@given(TEXTS, TEXTS, TEXTS)
@times(2)
def test_the_runner_reads_what_was_found(message, help_, file):
    """Percent signs, line ends, colons and commas in file names and words come through."""
    (line,) = to_github([found(message, help_, "f" + file)]).splitlines(keepends=True)
    assert line.endswith("\n")
    command, properties, words = read(line[:-1])
    assert command == "error"
    assert properties == {"file": "f" + file, "line": "3", "col": "5", "title": "MSH014 slow-links"}
    assert words == message + (f"\n{help_}" if help_ else "")


def test_levels_and_waivers():
    """Notes are notices; what is waived is not annotated."""
    lines = to_github([found(severity=one) for one in Severity]).splitlines()
    assert [read(line)[0] for line in lines] == ["error", "warning", "notice"]
    assert to_github([found(waived="soon")]) == ""


def test_a_finding_without_a_place():
    """Has a title alone."""
    line = to_github([Diagnostic("INT001", "rule-crashed", Severity.ERROR, "m")])
    assert line == "::error title=INT001 rule-crashed::m\n"

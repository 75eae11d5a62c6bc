"""Findings for people: what a block says, and what may be done next."""

from dataclasses import replace

import pytest

from backstay.core.diagnostic import Diagnostic, ObjectRef, Related, Severity
from backstay.core.fix import Edit, safe, unsafe
from backstay.core.place import Place
from backstay.core.rule import error
from backstay.report.columns import width
from backstay.report.text import Page, hints, summary, to_text

RULES = {
    "MSH014": error("MSH014", "slow-links", "links that are slow are cut by pings that nobody waits for.")
}
FOUND = Diagnostic(
    "MSH014", "slow-links", Severity.ERROR, "a ping is given up after 2s", "write 20s",
    Place("a.yaml", 3, 10, ("x", "timeout")), (Related(Place("a.yaml", 1, 1), "the server says so"),),
    ObjectRef("v1", "ConfigMap", "team-a", "pings"), "data.timeout", safe("write 20s", Edit(("x", "timeout"), "20s")),
)  # fmt: skip


def plain(text, _colour):
    """No colours."""
    return text


def page(line, columns=0, fixing="backstay check"):
    """A page that shows one line, whatever the file."""
    return Page(lambda _file, _number: line, plain, columns, fixing)


def test_a_whole_block():
    """Every part of a finding, in one order."""
    assert to_text([FOUND], RULES, page("timeout: 2s")).splitlines() == [
        "error[MSH014] slow-links: a ping is given up after 2s",
        "  --> a.yaml:3:10 (x.timeout)",
        "   |",
        " 3 | timeout: 2s",
        "   |          ^",
        "  = object: ConfigMap team-a/pings, field data.timeout",
        "  = see: a.yaml:1:1: the server says so",
        "  = why: links that are slow are cut by pings that nobody waits for.",
        "  = help: write 20s",
        "  = fix: write 20s (safe: `backstay check --fix`)",
    ]


def test_why_stands_with_the_first_finding_of_a_rule():
    """A hundred findings of one rule have one reason."""
    text = to_text([FOUND, replace(FOUND, message="and after 3s")], RULES, page("timeout: 2s"))
    assert text.count("= why:") == 1
    assert text.index("= why:") < text.index("and after 3s")


def test_a_repair_that_changes_what_happens_says_so():
    """With the option that makes it, of the command that found it."""
    wanted = replace(FOUND, fix=unsafe("write 20s", Edit(("x",), "20s")))
    text = to_text([wanted], RULES, page("timeout: 2s", fixing="backstay audit"))
    assert "  = fix: write 20s (changes what happens: `backstay audit --fix=unsafe`)\n" in text


@pytest.mark.parametrize(
    "line", ["機械: {name: 学習, timeout: 2s}", "a:\t{b: c,\ttimeout: 2s}", "\x1b[2J: {timeout: 2s}"]
)
def test_the_caret_stands_under_its_place(line):
    """Below wide characters, tabs, and control characters, which are shown as escapes."""
    column = line.index("2s") + 1
    found = replace(FOUND, place=Place("a.yaml", 3, column))
    lines = to_text([found], RULES, page(line)).splitlines()
    shown, caret = lines[3], lines[4]
    assert width(caret[: caret.index("^")]) == width(shown[: shown.index("2s")])
    assert "\x1b" not in shown
    assert "\t" not in shown


@pytest.mark.parametrize("columns", [80, 120, 200])
def test_nothing_is_wider_than_the_terminal(columns):
    """Sentences wrap, lines of files are cut round their place, which stays in sight."""
    line = "  - {" + ", ".join(f"key{n}: 値{n}" for n in range(60)) + ", timeout: 2s}"
    words = "a rather long explanation of what is wrong here, and why, " * 6
    found = replace(FOUND, message=words, help=words, place=Place("specs/a.yaml", 3, line.index("2s") + 1))
    lines = to_text([found], RULES, page(line, columns)).splitlines()
    assert max(map(width, lines)) <= columns
    at = next(number for number, one in enumerate(lines) if one.endswith("^"))
    assert width(lines[at - 1][: lines[at - 1].index("2s")]) == width(lines[at][:-1])


def test_hints_are_of_what_can_be_done():
    """Repairs by how they have to be asked for; a waived finding asks for nothing."""
    risky = replace(FOUND, fix=unsafe("write 20s", Edit(("x",), "20s")))
    assert hints([FOUND, FOUND, risky], page("")) == (
        "`backstay check --fix` repairs 2 findings; `--diff` shows how first\n"
        "`backstay check --fix=unsafe --diff` shows repairs that want a look, of 1 finding\n"
        "`backstay rules MSH014` says more about a rule\n"
    )
    assert hints([replace(FOUND, waived="soon")], page("")) == ""
    assert hints([replace(FOUND, fix=None)], page("")) == "`backstay rules MSH014` says more about a rule\n"


def test_the_sum():
    """Counted by severity; waived ones apart."""
    warning = replace(FOUND, severity=Severity.WARNING)
    assert summary([FOUND, FOUND, warning, replace(FOUND, waived="soon")]) == "2 errors, 1 warning, 1 waived"
    assert summary([]) == "no findings"


def test_secrets_are_not_shown():
    """The line of a finding about a secret ends where the secret begins."""
    found = replace(FOUND, rule="SEC001", place=Place("a.yaml", 3, 11))
    text = to_text([found], {}, page("password: hunter2"))
    assert "hunter2" not in text
    assert "password: (hidden)" in text

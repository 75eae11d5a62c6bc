"""JUnit: failures, notes, waived findings, and texts that no XML can hold."""

import xml.etree.ElementTree as ET
from dataclasses import replace

from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.place import Place
from backstay.report.junit import to_junit

FOUND = Diagnostic(
    "MSH014", "slow-links", Severity.ERROR, "too <short>", "write 20s", Place("a.yaml", 3, 5, ("x",))
)


def suites(*found):
    """The suites of a report, by name."""
    return {suite.get("name"): suite for suite in ET.fromstring(to_junit(found))}  # noqa: S314 - our own


def test_a_failure():
    """With place, words and help."""
    suite = suites(FOUND)["a.yaml"]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("1", "1", "0")
    case = suite.find("testcase")
    assert (case.get("name"), case.get("file"), case.get("line")) == ("MSH014 slow-links x", "a.yaml", "3")
    failure = case.find("failure")
    assert (failure.get("type"), failure.get("message")) == ("error", "too <short>")
    assert "a.yaml:3:5: too <short>" in failure.text
    assert "help: write 20s" in failure.text


def test_notes_pass_and_waived_ones_are_skipped():
    """Neither breaks a build."""
    note = replace(FOUND, severity=Severity.INFO)
    waived = replace(FOUND, waived="it goes soon")
    suite = suites(note, waived)["a.yaml"]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "0", "1")
    assert suite.find("testcase/system-out") is not None
    assert suite.find("testcase/skipped").get("message") == "waived: it goes soon"


def test_a_suite_a_file_and_none_at_all():
    """Findings without a file have a suite as well; an empty run has one case that passes."""
    assert set(suites(FOUND, replace(FOUND, place=Place("b.yaml")), replace(FOUND, place=Place()))) == {
        "a.yaml",
        "b.yaml",
        "(no file)",
    }
    [suite] = suites().values()
    assert (suite.get("tests"), suite.get("failures")) == ("1", "0")


def test_control_characters_do_not_break_the_report():
    """XML 1.0 has no way to write them."""
    odd = replace(FOUND, message="bell \x07 and \ufffe", help="x\x00y")
    assert suites(odd)["a.yaml"].find("testcase/failure").get("message") == "bell \\x07 and \\xfffe"


def test_a_report_has_the_form_that_systems_read():
    """Suites hold cases, a case one outcome at most, and the sums are those of what is there."""
    odd = replace(FOUND, message='100% "a" <b>\n& c, d: e', place=Place("", 0, 0))
    found = (FOUND, odd, replace(FOUND, waived="soon"), replace(FOUND, severity=Severity.INFO))
    root = ET.fromstring(to_junit(found))  # noqa: S314 - our own
    assert root.tag == "testsuites"
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.get("tests")) == len(cases) == len(list(suite))
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
        assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped"))
        assert all(case.get("name") and case.get("classname") and len(case) <= 1 for case in cases)
    (failure,) = [one for one in root.iter("failure") if "100%" in one.get("message")]
    assert failure.get("message") == '100% "a" <b>\n& c, d: e'

"""SARIF: levels, places, fingerprints that survive, suppressions."""

import json
from dataclasses import replace

import pytest

from backstay.core.diagnostic import Diagnostic, ObjectRef, Related, Severity
from backstay.core.fix import Edit, Fix
from backstay.core.place import Place
from backstay.core.rule import warning
from backstay.report.sarif import to_sarif

RULE = warning("MSH014", "slow-links", "connections are cut.", "a source")
HERE = Place("specs/clusters/a b.yaml", 3, 5, ("network", "calls", 0))
FOUND = Diagnostic(
    "MSH014", "slow-links", Severity.WARNING, "too short", "write 20s", HERE,
    (Related(Place("specs/profiles/x.yaml", 1, 2), "the profile"), Related(Place(), "nowhere")),
    ObjectRef("v1", "ConfigMap", "ns", "name"), "data.key",
)  # fmt: skip


def results(*found, replacements=None):
    """The results of a log."""
    more = {} if replacements is None else {"replacements": replacements}
    return json.loads(to_sarif(found, {"MSH014": RULE}, "1.2.3", **more))["runs"][0]["results"]


def test_one_result():
    """Rule, level, words, place and what it is about."""
    log = json.loads(to_sarif([FOUND], {"MSH014": RULE}, "1.2.3"))
    assert log["version"] == "2.1.0"
    driver = log["runs"][0]["tool"]["driver"]
    assert (driver["version"], [rule["id"] for rule in driver["rules"]]) == ("1.2.3", ["MSH014"])
    assert driver["rules"][0]["fullDescription"]["text"] == "connections are cut."
    [result] = log["runs"][0]["results"]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("MSH014", 0, "warning")
    assert "too short" in result["message"]["text"]
    assert "write 20s" in result["message"]["text"]
    [location] = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "specs/clusters/a%20b.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "startColumn": 5},
    }
    assert location["logicalLocations"] == [{"fullyQualifiedName": "ConfigMap ns/name/data.key"}]
    assert [one["message"]["text"] for one in result["relatedLocations"]] == ["the profile"]


@pytest.mark.parametrize(
    ("severity", "level"), [(Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "note")]
)
def test_levels(severity, level):
    """SARIF's own words."""
    assert results(replace(FOUND, severity=severity))[0]["level"] == level


def test_a_fingerprint_stays_when_lines_move_and_changes_with_the_finding():
    """And two equal findings are told apart."""
    moved = replace(FOUND, place=replace(HERE, line=30, column=1))
    prints = [one["partialFingerprints"]["backstay/v1"] for one in results(FOUND)]
    assert [one["partialFingerprints"]["backstay/v1"] for one in results(moved)] == prints
    for change in (
        {"rule": "MSH015"},
        {"message": "other"},
        {"field": "data.x"},
        {"place": Place("b.yaml", 3, 5, HERE.route)},
    ):
        assert results(replace(FOUND, **change))[0]["partialFingerprints"]["backstay/v1"] != prints[0]
    twice = [one["partialFingerprints"]["backstay/v1"] for one in results(FOUND, moved)]
    assert len(set(twice)) == 2


def test_a_waived_finding_is_suppressed_with_its_reason():
    """It stays in the log."""
    [result] = results(replace(FOUND, waived="it goes soon"))
    assert result["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "it goes soon"}
    ]
    assert "suppressions" not in results(FOUND)[0]


def test_a_repair_is_a_replacement_of_text():
    """Regions end before their last column."""
    fixed = replace(FOUND, fix=Fix("write 20s", safe=True, edits=(Edit(("a",), "20s"),)))
    spans = [(HERE, replace(HERE, column=8), "20s")]
    [result] = results(fixed, replacements=lambda _: spans)
    assert result["fixes"] == [{
        "description": {"text": "write 20s"},
        "artifactChanges": [{
            "artifactLocation": {"uri": "specs/clusters/a%20b.yaml", "uriBaseId": "%SRCROOT%"},
            "replacements": [{"deletedRegion": {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 8}, "insertedContent": {"text": "20s"}}],
        }],
    }]  # fmt: skip
    assert "fixes" not in results(fixed)[0]


def test_findings_without_a_place_and_absolute_files():
    """No location rather than a wrong one; an absolute file says so."""
    assert results(replace(FOUND, place=Place()))[0]["locations"] == []
    [location] = results(replace(FOUND, place=Place("/x/y.yaml")))[0]["locations"]
    assert location["physicalLocation"] == {"artifactLocation": {"uri": "file:///x/y.yaml"}}


def test_nothing_found_is_a_log_too():
    """An empty run clears what a review showed before."""
    assert json.loads(to_sarif([], {}, "1"))["runs"][0]["results"] == []

"""Reports for people, for programs, and as a picture; whatever names and messages contain."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from backstay.core.place import Place
from backstay.prove.mesh.picture import file_name, picture
from backstay.prove.mesh.report_json import to_json
from backstay.prove.mesh.report_text import to_text
from backstay.prove.mesh.words import CallProof, Report, located
from backstay.prove.report import summary
from backstay.prove.words import Verdict
from support.proving import report_of

SVG = "{http://www.w3.org/2000/svg}"
MIXED = report_of(Verdict.PROVED, Verdict.DISPROVED, Verdict.NOT_TRIED)


def test_text_tells_claim_measure_and_line():
    """And nothing that could steer a terminal."""
    file = "specs/clusters/eu.yaml"
    text = to_text([located(MIXED, lambda place: Place(file, 3, 7, place.route))])
    assert text.splitlines()[:5] == [
        "prod/../eu",
        "  web <1> -> api",
        '    proved     the <call> works & "lives"\\x1b[31m',
        "               seen, time 100x",
        "               specs/clusters/eu.yaml:3:7 (network.calls[0])",
    ]
    assert "    note: api is played\n    note: a note\n" in text


def test_text_says_where_nothing_is_promised():
    """A call without claims, a cluster without calls."""
    bare = Report("bare", [CallProof(0, "web", "api", [("web", "api")], [])])
    assert "nothing is promised about this call" in to_text([bare])
    assert "no calls are declared" in to_text([Report("empty", [])])


def test_the_summary_counts_every_verdict():
    """Over all clusters."""
    assert summary([MIXED, report_of(Verdict.PROVED)]) == "2 proved, 1 disproved, 1 not tried"


def test_json_is_versioned_and_complete():
    """One object a claim."""
    value = json.loads(to_json([MIXED]))
    assert (value["version"], value["summary"]) == (1, {"proved": 1, "disproved": 1, "not tried": 1})
    [call] = value["clusters"][0]["calls"]
    assert call["hops"] == [{"sender": "web", "receiver": "api"}]
    assert call["claims"][0] == {
        "claim": "survives-silence", "words": 'the <call> works & "lives"\x1b[31m',
        "place": {"file": "", "line": 0, "column": 0, "path": "network.calls[0]"}, "limit": 3_600_000,
        "verdict": "proved", "measured": "seen", "value": 60_000, "scale": 100,
    }  # fmt: skip
    assert (call["standIns"], call["notes"]) == (["api is played"], ["a note"])


def texts(drawing: str) -> list[str]:
    """Every text in a picture that is well-formed."""
    root = ET.fromstring(drawing)  # noqa: S314 - our own
    return [found.text or "" for found in root.iter() if found.tag in {f"{SVG}text", f"{SVG}title"}]


def test_a_picture_is_well_formed_and_tells_what_happened():
    """In the spec's time, escaped."""
    found = texts(picture("prod & eu", MIXED.calls[0]))
    assert "prod & eu: web <1> -> api" in found
    assert 'the <call> works & "lives"\\x1b[31m  [network.calls[0]]' in found
    assert "silence, time passes 100 times faster" in found
    assert "silent for <1h>" in found
    assert "forgotten by a box fw & co at 3m20s" in found
    assert "GOAWAY too_many_pings at 5m" in found
    assert "6m40s" in found  # the end of the axis


def test_a_picture_of_an_untried_call_has_its_claims():
    """And no timeline."""
    untried = CallProof(0, "web", "api", [("web", "api")], MIXED.calls[0].findings)
    assert "not tried" in texts(picture("eu", untried))


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "Ärger mit Leerzeichen", "x\0y", ""])
def test_a_picture_stays_in_its_folder(name):
    """Whatever the names in the spec."""
    found = file_name(name, CallProof(3, name, name, [], []))
    assert "/" not in found
    assert "\0" not in found
    assert found.endswith(".svg")

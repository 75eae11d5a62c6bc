"""Incidents as folders: each found at the right object, field and line; what corrects it leaves nothing to say."""

from pathlib import Path

import pytest

from backstay.cli.main import run
from backstay.text.yaml import parse

HERE = Path(__file__).parent
NAMES = sorted(folder.parent.name for folder in HERE.glob("*/expect.yaml"))


def audited(name, twin, capfd, monkeypatch):
    """Exit code, findings and notes of one twin."""
    import json

    monkeypatch.chdir(HERE / name / twin)
    expect = parse((HERE / name / "expect.yaml").read_text(encoding="utf-8"))
    context = ["--context", "../context.yaml"] if (HERE / name / "context.yaml").exists() else []
    capfd.readouterr()
    code = run(["audit", ".", "--platform", expect["platform"], *context, "--format", "json", "--strict"])
    out, err = capfd.readouterr()
    return expect, code, json.loads(out)["diagnostics"], err


def as_listed(one):
    """A finding as `expect.yaml` has it."""
    place, ref = one["place"], one["object"]
    name = f"{ref['namespace']}/{ref['name']}"
    severity = {} if one["severity"] == "error" else {"severity": one["severity"]}
    at = f"{place['file']}:{place['line']}:{place['column']}"
    return {
        "rule": one["rule"],
        "object": f"{ref['kind']} {name}",
        "field": one["field"],
        "at": at,
        **severity,
    }


def test_there_are_twelve():
    """None was lost."""
    assert len(NAMES) >= 12


@pytest.mark.parametrize("name", NAMES)
def test_an_incident_is_found_where_it_was_written(name, capfd, monkeypatch):
    """Exactly these findings, and the exit code says so."""
    expect, code, found, _ = audited(name, "broken", capfd, monkeypatch)
    assert [as_listed(one) for one in found] == expect["findings"]
    assert expect["findings"]
    assert code == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_corrected_twin_yields_nothing(name, capfd, monkeypatch):
    """Not even a warning."""
    _, code, found, _ = audited(name, "fixed", capfd, monkeypatch)
    assert found == []
    assert code == 0

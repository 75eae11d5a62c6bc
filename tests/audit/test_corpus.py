"""Audits of upstream's own manifests give exactly the findings of a reviewed list."""

from pathlib import Path

import pytest

from backstay.audit.judge import Given, audit_paths
from backstay.core.diagnostic import in_order
from backstay.text.yaml import parse
from support.repository import SHARED, needs_fixtures

CORPUS = parse((Path(__file__).parent / "corpus.yaml").read_text(encoding="utf-8"))["corpus"]
FIXTURES = SHARED / "fixtures"

pytestmark = needs_fixtures


def place(found, folder):
    """`file:line:column` with the file as it is named in the folder; empty for findings about no file."""
    return str(found.place).rpartition(f"{folder}/")[2]


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry["path"])
def test_upstream_has_its_documented_defects_only(entry):
    """Rule, severity, file, line, column, object and field of each; and what is said to be unknown."""
    done = audit_paths([FIXTURES / entry["path"]], Given(entry["platform"]))
    found = [
        {"rule": one.rule, "severity": one.severity.value, "at": place(one, entry["path"]),
         "object": str(one.object or ""), "field": one.field or ""}
        for one in in_order(done.findings)
    ]  # fmt: skip
    listed = [{key: value for key, value in one.items() if key != "why"} for one in entry["findings"]]
    assert found == listed
    notes = [
        note for note in done.notes if not note.startswith("not judged: ")
    ]  # as every rule without a context is
    assert notes == entry.get("notes", [])
    assert done.objects == entry["objects"]
    assert not done.refused


def test_every_folder_of_manifests_is_in_the_corpus():
    """A new fixture has to be reviewed too; schemas and what istiod generates are no manifests of a cluster."""
    kinds = ("installs", "istio", "jobs", "gitops")
    there = {f"{kind}/{folder.name}" for kind in kinds for folder in (FIXTURES / kind).iterdir()}
    assert {entry["path"] for entry in CORPUS} == there


def test_every_finding_is_justified():
    """In one line."""
    reasons = [one["why"] for entry in CORPUS for one in entry["findings"]]
    assert reasons
    assert all(len(why) > 20 and "\n" not in why for why in reasons)

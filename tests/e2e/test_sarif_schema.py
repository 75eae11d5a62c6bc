"""What `--format sarif` prints fits the schema that OASIS publishes."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest

from backstay.cli.main import run
from e2e.support.crds import download

pytestmark = pytest.mark.e2e

MODULE = "github.com/owenrumney/go-sarif/v3@v3.2.3"
SUM = "h1:n6mdX5ugKwCrZInvBsf6WumXmpAe3mbmQXgkXlIq34U="
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def schema():
    """The schema as a Go module carries it: the text of a constant."""
    found = download(MODULE)
    assert found["Sum"] == SUM
    text = (Path(found["Dir"]) / "pkg/report/v210/sarif/schema.go").read_text()
    return jsonschema_rs.Draft4Validator(json.loads(text.split("`")[1]))


def test_the_fleet(schema, monkeypatch, capsys):
    """Findings of every kind that the example fleet has, a waived one included."""
    monkeypatch.chdir(ROOT)
    assert run(["check", "--format", "sarif"]) == 0
    log = json.loads(capsys.readouterr().out)
    assert [error.message for error in schema.iter_errors(log)] == []
    assert any("suppressions" in result for result in log["runs"][0]["results"])


def test_errors_and_what_cannot_be_read(schema, tmp_path, monkeypatch, capsys):
    """A spec with errors, and one that is no YAML."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "one.yaml").write_text(
        "apiVersion: x\nkind: Cluster\nmetadata: {name: one}\nplatform: {kubernets: 1}\n"
    )
    (tmp_path / "specs" / "two.yaml").write_text("{")
    monkeypatch.chdir(tmp_path)
    assert run(["check", "--format", "sarif"]) == 2
    log = json.loads(capsys.readouterr().out)
    assert [error.message for error in schema.iter_errors(log)] == []
    assert log["runs"][0]["results"]


def test_the_schema_refuses_what_is_wrong(schema):
    """So that the tests above can fail."""
    assert not schema.is_valid({"version": "2.1.0", "runs": [{"tool": {}}]})

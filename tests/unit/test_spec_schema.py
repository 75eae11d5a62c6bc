"""The schema that editors read agrees with what `backstay check` accepts."""

from __future__ import annotations

import jsonschema_rs
import pytest

from backstay.spec.schema import json_schema
from backstay.text.yaml import parse
from support.repository import REPO

VALIDATOR = jsonschema_rs.Draft202012Validator(json_schema())
SPECS = sorted([*(REPO / "specs/clusters").glob("*.yaml"), *(REPO / "specs/profiles").glob("*.yaml")])
HEAD = "apiVersion: backstay.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: x}}\n"


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_example_fits(path):
    """And points editors at the schema."""
    text = path.read_text()
    assert not [error.message for error in VALIDATOR.iter_errors(parse(text))]
    assert text.startswith("# yaml-language-server: $schema=../schema.json\n")


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("network: {calls: {append: [{from: a, to: b}]}}", True),
        ("network: {calls: {prepend: []}}", False),
        ("platform: {istio: null, pipelines: '2.15'}", True),
        ("platform: {pipelines: {version: '2.15', multiUser: true}}", True),
        ("platform: {pipelines: 2.15}", False),
        ("network: {calls: [{from: a}]}", False),
        ("network: {calls: [{from: a, to: b, silentFor: 60}]}", False),
        ("network: {calls: [{from: a, to: b, silenFor: 1h}]}", False),
        ("memory: {steps: {train: 16Gi, fanOut: 8}}", True),
        ("memory: {budgets: {a: 8GB}}", False),
        ("storage: {artifacts: {url: 'http://user:pw@h'}}", False),
        ("retries: {pipelineSteps: {on: [error, evicted]}}", False),
    ],
)
@pytest.mark.parametrize("kind", ["Cluster", "Profile"])
def test_what_people_write(text, fits, kind):
    """Merge words are allowed where they mean something; typos and wrong units are underlined."""
    assert VALIDATOR.is_valid(parse(HEAD.format(kind=kind) + text)) is fits


def test_every_key_is_described():
    """A key without words is of no help in an editor."""
    silent = [
        f"{name}.{key}"
        for name, model in json_schema()["$defs"].items()
        for key, value in model.get("properties", {}).items()
        if name != "Profile" and not value.get("description")
    ]
    assert silent == []

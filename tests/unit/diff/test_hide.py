"""Secrets do not reach a report, wherever they stand."""

from __future__ import annotations

from typing import Any

import pytest

from backstay.diff.hide import MAX_TEXT, fit, is_secret_name
from support.planned import Object, changes, config_map, obj, pod

TOKEN = "ghp" + "_0123456789abcdefABCDEF"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"


def env(name: str, value: str) -> Object:
    """A Deployment with one variable."""
    return pod(containers=[{"name": "main", "env": [{"name": name, "value": value}]}])


def shown(plan: Object, actual: Object) -> list[tuple[Any, Any]]:
    """Planned and actual values as they are printed."""
    return [(one.planned, one.actual) for one in changes(plan, actual)]


@pytest.mark.parametrize("part", ["data", "stringData"])
def test_values_of_a_secret_are_never_shown(part: str):
    """Neither ours nor theirs, one by one or all at once; that they differ is told."""
    ours, theirs = (
        obj("v1", "Secret", **{part: {"k": "b3Vycw=="}}),
        obj("v1", "Secret", **{part: {"k": "dGhlaXJz"}}),
    )
    assert shown(ours, theirs) == [("(hidden)", "(hidden)")]
    assert shown(ours, obj("v1", "Secret")) == [({"k": "(hidden)"}, None)]


@pytest.mark.parametrize(
    ("plan", "actual", "expected"),
    [
        pytest.param(env("PASSWORD", ""), env("PASSWORD", "hunter2"), ("", "(hidden)"), id="a variable's value, but for an empty one"),
        pytest.param(env("HOST", "a"), env("HOST", f"https://x?t={TOKEN}"), ("a", "(hidden)"), id="by its look"),
        pytest.param(config_map(a="1"), config_map(a=KEY), ("1", "(hidden)"), id="a private key in a text"),
        pytest.param(config_map(accesskey="a"), config_map(accesskey="b"), ("(hidden)", "(hidden)"), id="by the key's name"),
        pytest.param(config_map(x="s3: {secretKey: a}"), config_map(x="s3: {secretKey: b}"), ("(hidden)", "(hidden)"), id="inside YAML"),
        pytest.param(config_map(x="a"), config_map(x="user=me\npassword = hunter2\n"), ("a", "user=me\npassword = (hidden)\n"),
                     id="a line of a properties file"),
    ],
)  # fmt: skip
def test_secrets_are_hidden_by_name_and_by_look(plan: Object, actual: Object, expected: tuple[str, str]):
    """In variables, ConfigMaps, YAML inside texts, and lines of other texts."""
    assert shown(plan, actual) == [expected]


def test_arguments_hide_what_is_no_variable():
    """`--password=$(PASSWORD)` says nothing, `--password=x` does."""
    ours = pod(containers=[{"name": "main", "args": ["--password=$(PASSWORD)", "--port=1"]}])
    theirs = pod(containers=[{"name": "main", "args": ["--password=hunter2", "--port=1"]}])
    assert shown(ours, theirs) == [("--password=$(PASSWORD)", "--password=(hidden)")]


def test_a_whole_variable_hides_its_value():
    """Also where the entry itself is missing or too many."""
    entry = {"name": "API_TOKEN", "value": "hunter2"}
    assert fit([entry], "Deployment", ("spec", "env")) == [{"name": "API_TOKEN", "value": "(hidden)"}]


@pytest.mark.parametrize(
    "name",
    [
        "secretName",
        "secretKeyRef",
        "accessKeyKey",
        "tokenFile",
        "passwordPath",
        "automountServiceAccountToken",
    ],
)
def test_references_to_secrets_may_be_seen(name: str):
    """They are what people have to look at."""
    assert not is_secret_name(name)
    assert fit("mlpipeline-minio", "ConfigMap", ("data", name)) == "mlpipeline-minio"


def test_what_is_shown_is_bounded_in_every_direction():
    """A cluster may answer with megabytes."""
    assert len(str(fit("x" * 10**6, "ConfigMap", ("data", "a")))) < MAX_TEXT + 20
    assert len(fit([0] * 1000, "A", ("a",))) == 201
    assert len(fit({str(n): 0 for n in range(1000)}, "A", ("a",))) == 200
    deep: Any = 0
    for _ in range(500):
        deep = [deep]
    assert str(fit(deep, "A", ("a",))).count("[") == 20

"""Credentials are fetched where pods mount them, and nothing but names stands in the output."""

from __future__ import annotations

import json

import pytest

from support.casebook import on_base
from support.compiler import compile_spec

CREDENTIALS = {
    "secret": "store",
    "accessKey": "id",
    "secretKey": "key",
    "external": {"store": "vault", "key": "ml/store"},
}


def _fetched(**spec):
    compiled = compile_spec(on_base(spec))
    assert not compiled.stops, [finding.message for finding in compiled.findings]
    return {s.ref.namespace: s.value for s in compiled.settled if s.ref.kind == "ExternalSecret"}


def test_one_in_each_namespace_that_needs_it():
    """The Pipelines namespace and the run namespaces, each once."""
    found = _fetched(
        storage={"artifacts": {"credentials": CREDENTIALS}, "runNamespaces": ["a", "b", "kubeflow"]}
    )
    assert sorted(found) == ["a", "b", "kubeflow"]
    spec = found["a"]["spec"]
    assert spec["target"] == {"name": "store", "creationPolicy": "Owner"}
    assert spec["secretStoreRef"] == {"name": "vault", "kind": "ClusterSecretStore"}
    assert [entry["secretKey"] for entry in spec["data"]] == ["id", "key"]
    assert {entry["remoteRef"]["key"] for entry in spec["data"]} == {"ml/store"}


@pytest.mark.parametrize("credentials", [{"secret": "store"}, {"fromEnvironment": True, "secret": None}])
def test_nothing_is_fetched_unless_asked(credentials):
    """A Secret that is there already, or the pods' own identity."""
    store = {"provider": "s3", "url": "https://s3.us-east-1.amazonaws.com", "credentials": credentials}
    platform = {"pipelines": {"version": "2.17", "multiUser": True}}
    assert _fetched(platform=platform, storage={"artifacts": {**store, "prefix": "artifacts"}}) == {}


def test_a_fetched_secret_needs_a_name():
    """And says so at the credentials."""
    compiled = compile_spec(
        on_base({"storage": {"artifacts": {"credentials": {**CREDENTIALS, "secret": None}}}})
    )
    assert any("how the fetched Secret is called" in f.message for f in compiled.findings)
    assert json.dumps([f.place.path for f in compiled.findings]) == '["storage.artifacts.credentials"]'

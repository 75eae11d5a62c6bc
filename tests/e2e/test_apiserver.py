"""A real kube-apiserver judges objects as a cluster would."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from e2e.support.kubeapi import Apiserver, Object, Refused
from e2e.support.process import run
from e2e.support.toolbox import KUBERNETES, GetProgram

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e


def config_map(name: str, **fields: object) -> Object:
    """Return a small ConfigMap in the default namespace, with `fields` added at its top."""
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"key": "value"}, **fields}


def widgets(properties: Object) -> Object:
    """Return a definition of the kind Widget whose `spec` knows `properties` alone."""
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": properties}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.e2e.example"},
        "spec": {
            "group": "e2e.example",
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
            ],
        },
    }


def widget(**spec: object) -> Object:
    """Return a Widget with that `spec`."""
    return {"apiVersion": "e2e.example/v1", "kind": "Widget", "metadata": {"name": "one"}, "spec": spec}


def test_the_server_is_the_release_the_toolbox_pins(apiserver: Apiserver):
    """The stamp given to the linker is what the server calls itself."""
    assert apiserver.call("GET", "/version")["gitVersion"] == KUBERNETES


def test_a_good_object_is_stored_and_read_back(apiserver: Apiserver):
    """What is applied is there afterwards."""
    apiserver.apply(config_map("good"))
    assert apiserver.read("v1", "ConfigMap", "good", "default")["data"] == {"key": "value"}


def test_an_unknown_field_is_refused_in_the_servers_words(apiserver: Apiserver):
    """A field outside the schema is refused, and nothing is stored."""
    with pytest.raises(Refused, match="dta: field not declared in schema") as refusal:
        apiserver.apply(config_map("bad", dta={}))
    assert refusal.value.status == 500
    with pytest.raises(Refused, match='configmaps "bad" not found'):
        apiserver.read("v1", "ConfigMap", "bad", "default")


def test_a_dry_run_judges_without_storing(apiserver: Apiserver):
    """A dry run answers as an apply would and leaves no object."""
    assert apiserver.apply(config_map("rehearsed"), dry_run=True)["metadata"]["name"] == "rehearsed"
    with pytest.raises(Refused, match="not found"):
        apiserver.read("v1", "ConfigMap", "rehearsed", "default")


def test_many_objects_are_applied_and_each_refusal_is_told(apiserver: Apiserver):
    """One bad object does not keep a good one out, and is named with the reason."""
    good, bad = config_map("first"), config_map("second", kynd="x")
    good["metadata"]["namespace"] = bad["metadata"]["namespace"] = "made-when-missing"
    refusals = apiserver.apply_all([bad, good])
    assert list(refusals) == ["ConfigMap made-when-missing/second"]
    assert "kynd" in refusals["ConfigMap made-when-missing/second"]
    assert apiserver.read("v1", "ConfigMap", "first", "made-when-missing")["data"] == {"key": "value"}


def test_a_changed_definition_judges_from_its_return_on(apiserver: Apiserver):
    """A definition that replaces another judges at once, by its own fields alone."""
    apiserver.install_crds([widgets({"size": {"type": "integer"}})])
    assert apiserver.apply(widget(size=3))["spec"] == {"size": 3}
    with pytest.raises(Refused, match="colour"):
        apiserver.apply(widget(colour="red"))
    apiserver.install_crds([widgets({"colour": {"type": "string"}})])
    assert apiserver.apply(widget(colour="red"))["spec"] == {"colour": "red"}
    with pytest.raises(Refused, match="size"):
        apiserver.apply(widget(size=3))


def test_kubectl_gets_through_with_the_kubeconfig(apiserver: Apiserver, program: GetProgram, tmp_path: Path):
    """The kubeconfig carries all a client needs: address, certificate, token."""
    apiserver.apply(config_map("seen-by-kubectl"))
    kubeconfig = apiserver.write_kubeconfig(tmp_path / "kubeconfig")
    command = [
        str(program("kubectl")),
        f"--kubeconfig={kubeconfig}",
        "get",
        "configmap",
        "seen-by-kubectl",
        "-ojson",
    ]
    assert json.loads(run(command, folder=tmp_path, seconds=60))["data"] == {"key": "value"}

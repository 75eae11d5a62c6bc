"""Every pinned CustomResourceDefinition is accepted by a kube-apiserver and judges objects."""

from __future__ import annotations

import pytest

from e2e.support.crds import GetCrds, fit, known
from e2e.support.kubeapi import Apiserver, Object, Refused

pytestmark = pytest.mark.e2e


def destination_rule(**pool: object) -> Object:
    """Return a DestinationRule with those settings of its connection pool."""
    policy = {"connectionPool": pool}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": {"name": "one"},
        "spec": {"host": "one.example", "trafficPolicy": policy},
    }


def workflow(**template: object) -> Object:
    """Return a Workflow with one template of those fields."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "one"},
        "spec": {"entrypoint": "main", "templates": [{"name": "main", **template}]},
    }


@pytest.mark.parametrize(("project", "line"), known())
def test_a_real_server_accepts_the_pinned_definitions(
    apiserver: Apiserver, crds: GetCrds, project: str, line: str
):
    """The definitions are structural and fit into a request; a rehearsal spares the server their storage."""
    definitions = crds(project, line)
    assert definitions
    assert apiserver.apply_all(definitions, dry_run=True) == {}


def test_an_installed_definition_is_established(apiserver: Apiserver, crds: GetCrds):
    """Objects of a kind can be written as soon as its installation returns."""
    apiserver.install_crds(crds("jobset", "0.12"))
    stored = apiserver.read("apiextensions.k8s.io/v1", "CustomResourceDefinition", "jobsets.jobset.x-k8s.io")
    true = {
        condition["type"] for condition in stored["status"]["conditions"] if condition["status"] == "True"
    }
    assert true >= {"Established", "NamesAccepted"}


def test_a_field_is_known_from_the_release_that_brought_it(apiserver: Apiserver, crds: GetCrds):
    """DestinationRule's http2KeepAlive came with Istio 1.31 (istio.io/api, destination_rule.proto)."""
    rule = destination_rule(http={"http2KeepAlive": {"interval": "30s"}})
    apiserver.install_crds(crds("istio", "1.30", "DestinationRule"))
    with pytest.raises(Refused, match="http2KeepAlive: field not declared in schema"):
        apiserver.apply(rule)
    apiserver.install_crds(crds("istio", "1.31", "DestinationRule"))
    assert apiserver.apply(rule)["spec"] == rule["spec"]


@pytest.mark.parametrize("line", ["3.6", "3.7"])
def test_argos_full_definitions_judge_templates(apiserver: Apiserver, crds: GetCrds, line: str):
    """What had to be opened to be structural did not open the rest."""
    apiserver.install_crds(crds("argo-workflows", line, "Workflow"))
    steps = [[{"name": "a", "template": "main"}]]
    assert apiserver.apply(workflow(steps=steps))["spec"]["templates"][0]["steps"] == steps
    with pytest.raises(Refused, match="retryStrtegy"):
        apiserver.apply(workflow(retryStrtegy={"limit": 2}))


def test_a_kind_that_is_not_pinned_is_an_error(crds: GetCrds):
    """A test that asks for a kind must not go on without it."""
    with pytest.raises(KeyError, match="Workflw"):
        crds("argo-workflows", "3.7", "Workflw")


def test_a_property_called_description_is_kept():
    """Only the schema's own description goes, not a field of that name."""
    schema = {"description": "x", "type": "object", "properties": {"description": {"type": "string"}}}
    assert fit(schema) == {"type": "object", "properties": {"description": {"type": "string"}}}

"""All rules over the upstream's own installs: what they find there is a documented defect, or wrong."""

from dataclasses import replace

import pytest

from backstay.check import engine
from backstay.check.context import Context
from backstay.text.yaml import parse
from backstay.upstream.catalog import features
from support.casebook import item
from support.repository import SHARED, needs_fixtures

INSTALLS = {
    "kfp-2.0.5-platform-agnostic": {"pipelines": "2.0", "workflows": "3.3", "kubernetes": "1.33"},
    "kfp-2.5.0-platform-agnostic": {"pipelines": "2.5", "workflows": "3.5", "kubernetes": "1.33"},
    "kfp-2.5.0-multi-user": {"pipelines": "2.5", "workflows": "3.5", "istio": "1.26", "kubernetes": "1.33"},
    "kfp-2.17.0-platform-agnostic": {"pipelines": "2.17", "workflows": "4.0", "kubernetes": "1.33"},
}
DEFECTS = {
    "kfp-2.17.0-platform-agnostic": {
        ("KFP017", "Deployment kubeflow/ml-pipeline-ui"),  # ARGO_KEYFORMAT's default is that of 2.14
        ("KFP029", "Deployment kubeflow/workflow-controller"),  # a pattern beside retryPolicy OnError
    },
}

pytestmark = needs_fixtures


def load(install):
    """The objects of an install."""
    texts = [
        file.read_text(encoding="utf-8")
        for file in sorted((SHARED / "fixtures/installs" / install).glob("*.yaml"))
    ]
    values = [parse(document) for text in texts for document in text.split("\n---\n")]
    found = [item(value, "install.yaml") for value in values if value]
    assert len(found) > 50
    return found


def findings(install, items):
    """What all rules find in an install's objects."""
    versions = INSTALLS[install]
    return list(engine.run(Context(items, features(**versions), versions)))


@pytest.mark.parametrize("install", INSTALLS)
def test_an_upstream_install_has_its_documented_defects_only(install):
    """Anything else would be a false alarm on every cluster."""
    found = {(one.rule, str(one.object)) for one in findings(install, load(install))}
    assert found == DEFECTS.get(install, set())


@pytest.mark.parametrize("install", INSTALLS)
def test_a_store_that_moves_in_the_workflow_controller_only_is_found(install):
    """As in kubeflow/pipelines#11301, where the launcher went on dialling the default store."""
    found = findings(install, [moved(one) for one in load(install)])
    assert [(one.rule, one.object.name) for one in found if one.rule == "KFP012"] == [
        ("KFP012", "workflow-controller-configmap")
    ]


@pytest.mark.parametrize("install", INSTALLS)
def test_a_store_that_moves_in_the_api_server_only_is_found_everywhere_else(install):
    """The workflow controller, the UI, and in single-user installs the launcher, which is told no endpoint."""
    found = findings(install, [with_store(one) for one in load(install)])
    names = {(one.rule, one.object.name) for one in found if one.rule in {"KFP009", "KFP012"}}
    disagreeing = {("KFP012", "workflow-controller-configmap"), ("KFP012", "ml-pipeline-ui")}
    assert names == disagreeing | (set() if "multi-user" in install else {("KFP009", "kfp-launcher")})


def moved(one):
    """The workflow controller's configuration with another store in it."""
    if one.ref.name != "workflow-controller-configmap":
        return one
    repository = (
        "s3: {endpoint: 'minio.kf-storage.svc.cluster.local:80', bucket: mlpipeline, insecure: true}\n"
    )
    return replace(one, value={**one.value, "data": {**one.value["data"], "artifactRepository": repository}})


def with_store(one):
    """The API server with another store in its environment."""
    if (one.ref.kind, one.ref.name) != ("Deployment", "ml-pipeline"):
        return one
    template = one.value["spec"]["template"]
    container, *others = template["spec"]["containers"]
    told = (
        {"name": "OBJECTSTORECONFIG_HOST", "value": "minio.kf-storage"},
        {"name": "OBJECTSTORECONFIG_PORT", "value": "80"},
    )
    containers = [{**container, "env": [*container["env"], *told]}, *others]
    spec = {
        **one.value["spec"],
        "template": {**template, "spec": {**template["spec"], "containers": containers}},
    }
    return replace(one, value={**one.value, "spec": spec})

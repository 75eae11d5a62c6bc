"""`check.schema` and a real kube-apiserver come to the same verdict about the same object."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backstay.check.schema import SchemaSet, judge
from e2e.support.kubeapi import Apiserver, Refused

if TYPE_CHECKING:
    from e2e.support.crds import GetCrds
from support.objects import (
    CONFIG_MAP,
    DEPLOYMENT,
    DESTINATION_RULE,
    GOOD,
    SECRET,
    Object,
    item,
    obj,
    put,
    without,
)

pytestmark = pytest.mark.e2e

SCHEMAS = SchemaSet(kubernetes="1.36", istio="1.31")
CUSTOM = ("DestinationRule", "EnvoyFilter", "ServiceEntry")
KINDS = {
    "ConfigMap", "Deployment", "Job", "LimitRange", "Namespace", "PriorityClass", "ResourceQuota", "Role",
    "RoleBinding", "Secret", "Service", "ServiceAccount", "ValidatingAdmissionPolicy", *CUSTOM,
}  # fmt: skip
CONTAINER = ("spec", "template", "spec", "containers", 0)
SERVICE_ENTRY = obj("networking.istio.io/v1", "ServiceEntry", spec={"hosts": ["one.example"]})
POLICY = ("spec", "trafficPolicy")
CASES = {
    "misspelt field": put(DEPLOYMENT, *CONTAINER, "imagePulPolicy", "Always"),
    "misspelt metadata": put(CONFIG_MAP, "metadata", "lables", {}),
    "misspelt metadata of a custom resource": put(DESTINATION_RULE, "metadata", "lables", {}),
    "text for a number": put(DEPLOYMENT, "spec", "replicas", "3"),
    "too large a number": put(DEPLOYMENT, "spec", "replicas", 2**31),
    "number for text": put(CONFIG_MAP, "data", "a", 1),
    "truth for text": put(CONFIG_MAP, "metadata", "annotations", {"a": True}),
    "no quantity": put(DEPLOYMENT, *CONTAINER, "resources", {"limits": {"memory": "8GB"}}),
    "odd quantity": put(DEPLOYMENT, *CONTAINER, "resources", {"limits": {"memory": "1.5e3"}}),
    "number as quantity": put(DEPLOYMENT, *CONTAINER, "resources", {"limits": {"cpu": 0.5}}),
    "not base64": put(SECRET, "data", "key", "hunter2!"),
    "base64 in lines": put(SECRET, "data", "key", "aGVs\nbG8="),
    "missing field": without(DEPLOYMENT, "spec", "selector"),
    "null for a field": put(DEPLOYMENT, "spec", "replicas", None),
    "unknown field of a custom resource": put(DESTINATION_RULE, *POLICY, {"connectionPol": {}}),
    "unknown word": put(DESTINATION_RULE, *POLICY, {"connectionPool": {"http": {"h2UpgradePolicy": "UP"}}}),
    "two of one": put(
        DESTINATION_RULE, *POLICY, {"loadBalancer": {"simple": "RANDOM", "consistentHash": {"useSourceIp": True}}}
    ),
    "null for an optional field": put(DESTINATION_RULE, *POLICY, None),
    "null for a required field": put(SERVICE_ENTRY, "spec", "hosts", None),
    "null in a list": put(SERVICE_ENTRY, "spec", "hosts", [None]),
    "open field": obj(
        "networking.istio.io/v1alpha3", "EnvoyFilter", spec={"configPatches": [{"patch": {"value": {"any": [1]}}}]}
    ),
    "unserved version": obj("networking.istio.io/v1", "EnvoyFilter", spec={}),
}  # fmt: skip
"""Objects that are right or wrong by the schema alone; no other admission has a say in them."""


@pytest.fixture(scope="module")
def server(apiserver: Apiserver, crds: GetCrds) -> Apiserver:
    """A server that knows Istio's kinds."""
    apiserver.install_crds(crds("istio", "1.31", *CUSTOM))
    return apiserver


@pytest.mark.parametrize("case", CASES)
def test_the_verdicts_agree(server: Apiserver, case: str):
    """What the server refuses is an error, and nothing else is."""
    refusal = _refused(server, CASES[case])
    assert _wrong(CASES[case]) == (refusal is not None), refusal


@pytest.mark.parametrize(
    "value", [one for one in GOOD if one["kind"] in KINDS], ids=lambda value: value["kind"]
)
def test_good_objects_are_good_for_the_server_too(server: Apiserver, value: Object):
    """The objects that other tests start from."""
    assert _refused(server, value) is None


def _wrong(value: Object) -> bool:
    return any(finding.severity == "error" for finding in judge(SCHEMAS, [item(value)]))


def _refused(server: Apiserver, value: Object) -> str | None:
    try:
        server.apply(value, dry_run=True)
    except Refused as refused:
        return refused.message
    return None

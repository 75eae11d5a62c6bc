"""Manifests of any shape: words and codes, never a fault of ours."""

import json
import string

from hypothesis import given
from hypothesis import strategies as st

from backstay.audit.judge import Given, audit_text
from backstay.audit.read import Reading, read_text
from backstay.audit.texts import Stream
from backstay.core.fault import RULE_CRASHED
from support.examples import times

KINDS = (
    ("v1", "ConfigMap"), ("v1", "Service"), ("v1", "Namespace"), ("v1", "List"), ("v1", "Node"), ("v1", "Secret"),
    ("apps/v1", "Deployment"), ("batch/v1", "Job"), ("batch/v1", "CronJob"), ("kubeflow.org/v1", "PyTorchJob"),
    ("jobset.x-k8s.io/v1alpha2", "JobSet"), ("networking.istio.io/v1", "DestinationRule"),
    ("networking.istio.io/v1", "VirtualService"), ("networking.istio.io/v1alpha3", "EnvoyFilter"),
    ("argoproj.io/v1alpha1", "Workflow"), ("config.kueue.x-k8s.io/v1beta2", "Configuration"),
    ("kustomize.config.k8s.io/v1beta1", "Kustomization"), ("example.org/v1", "Thing"),
)  # fmt: skip
NAMES = ("kfp-launcher", "ml-pipeline", "workflow-controller-configmap", "istio", "a")
WORDS = st.sampled_from(
    ("metadata", "spec", "data", "labels", "template", "containers", "args", "env", "image", "name", "http", "host",
     "hosts", "trafficPolicy", "connectionPool", "configPatches", "patch", "match", "items", "resources", "mesh",
     "providers", "artifactRepository", "rules", "settings", "steps", "tolerations", "ports", "selector")
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 2**40), st.floats(allow_nan=False, allow_infinity=False),
    st.text(string.printable, max_size=12), st.sampled_from(["1h", "60s", "64Gi", "{a: [", "kubeflow/kfp-api-server:2.15.0"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(WORDS, below, max_size=4)), max_leaves=25
)  # fmt: skip
PLATFORM = {"kubernetes": "1.36", "istio": "1.31", "pipelines": "2.17", "workflows": "4.0", "kueue": "0.19"}


@st.composite
def objects(draw):
    """Something that says it is an object, with anything in it."""
    api_version, kind = draw(st.sampled_from(KINDS))
    metadata = draw(
        st.one_of(VALUES, st.fixed_dictionaries({"name": st.sampled_from(NAMES), "namespace": st.just("a")}))
    )
    rest = draw(st.dictionaries(WORDS, VALUES, max_size=4))
    return {**rest, "apiVersion": api_version, "kind": kind, "metadata": metadata}


@given(st.lists(st.one_of(objects(), VALUES), max_size=6))
@times(1.5)
def test_any_shape_is_judged(found):
    """No rule fails on it, and every finding can be told."""
    stream = "\n---\n".join(json.dumps(one) for one in found)
    done = audit_text(stream.encode(), Given(PLATFORM))
    assert [one.message for one in done.findings if one.rule == RULE_CRASHED.id] == []
    assert all(one.message and one.place.path is not None for one in done.findings)


@given(st.binary(max_size=300))
@times(1.5)
def test_any_bytes_are_read(text):
    """Objects, or what is wrong with them."""
    reading = Reading()
    list(read_text(Stream(text, "-"), reading))
    assert all(one.place.file == "-" for one in reading.found)
    assert reading.refused == bool([one for one in reading.found if not one.rule.startswith("AUD")])

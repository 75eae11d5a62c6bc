"""Objects of any shape: no expression of a policy is ever an error, and CEL says nothing that Python does not say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstay.claims import baseline
from backstay.claims.claim import Each, Installed
from backstay.claims.exemption import not_of
from backstay.claims.policy import policies
from backstay.claims.registry import EXPRESSED
from backstay.claims.terms import First
from backstay.upstream.catalog import features
from support import casebook
from support.celengine import evaluate, messages
from support.modelling import model
from support.stored import stored

VERSIONS = {"kueue": "0.18", "pipelines": "2.15", "istio": "1.30", "kubernetes": "1.36"}
INSTALLED = Installed(features(**VERSIONS), VERSIONS)
ASKED = {"tolerations": [{"key": "dedicated", "operator": "Equal", "value": "ml"}, {"key": "spot"}]}
BASELINE = model(casebook.on_base({"admission": {"baseline": ASKED}})).admission.baseline
EVERY = (*EXPRESSED, *baseline.expressed(BASELINE), *baseline.expressed(BASELINE, baseline.DEFAULTS))
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 200), st.sampled_from(["", "x", "Never", "Ignore", "1.5", "a,b", "s3://x"]),
    st.floats(0, 9), st.just([]), st.just({}), st.just(["x", 1, None]), st.just([{}]), st.just({"x": "y"}),
)  # fmt: skip
WORDS = st.sampled_from(
    [
        "spec", "template", "containers", "rules", "action", "type", "status", "key", "operator", "onPodConditions", "name",
        "podFailurePolicy", "tolerations", "tolerationSeconds", "restartPolicy", "retries", "retryOn", "attempts", "backoff",
    ]
)  # fmt: skip
ANY = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=8,
)


@st.composite
def hostile(draw, expressed):
    """An object of a kind that a rule is about: what its claims read is there, or something else, or nothing."""
    claims = expressed.claims(INSTALLED)
    claim = draw(st.sampled_from(claims))
    kind, paths = draw(st.sampled_from(sorted(claim.over.items())))
    value = draw(ANY)
    end = [step for step in claim.at if isinstance(step, str | First)]
    for step in reversed((*draw(st.sampled_from(paths)), *((draw(st.booleans()) and end) or ()))):
        if isinstance(step, First) or step in {Each.ITEMS, Each.TEXTS}:
            value = draw(st.sampled_from([[value], [value, draw(ANY)], value]))
        elif isinstance(step, str):
            more = draw(st.dictionaries(WORDS, ANY, max_size=2))
            value = draw(st.sampled_from([{**more, step: value}, {step: value}, value]))
        else:
            value = draw(st.sampled_from([{"Worker": value}, value]))
    body = value if isinstance(value, dict) else {"spec": value}
    metadata = {"name": draw(st.sampled_from(["kfp-launcher", "train"])), "labels": draw(st.just({}) | ANY)}
    return {"metadata": metadata, **body, "apiVersion": "v1", "kind": kind}


@pytest.mark.parametrize("expressed", EVERY, ids=[f"{one.rule}-{at}" for at, one in enumerate(EVERY)])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_object_breaks_an_expression(expressed, data):
    """Under `onFailure: fail` an error would deny whatever is sent; what CEL tells, Python tells too."""
    obj = stored(data.draw(hostile(expressed)))
    told = [
        said
        for one in policies(expressed, INSTALLED)
        if obj["kind"] in one.kinds
        for said in messages(one, obj)
    ]
    expected = {
        f"{expressed.rule}: {found.message} ({found.help})"
        for claim in expressed.claims(INSTALLED)
        for found in claim.judge(obj["kind"], obj, partial=False)
    }
    assert bool(told) <= bool(expected)


METADATA = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(max_size=3),
        "namespace": st.text(max_size=3),
        "labels": st.dictionaries(st.sampled_from(["app", "jobset.sigs.k8s.io/jobset-name"]), st.text(max_size=3)),
        "ownerReferences": st.lists(
            st.fixed_dictionaries({"kind": st.text(max_size=3), "name": st.text("a-", max_size=3)}, optional={"controller": st.booleans()}), max_size=2
        ),
    },
)  # fmt: skip


@given(METADATA)
def test_no_metadata_breaks_an_exemption(metadata):
    """Of the shape that every object has; a match condition that is an error would deny it."""
    assert evaluate(
        not_of(["Job/a*", "Deployment/*/x"]), {"object": {"kind": "Job", "metadata": metadata}}
    ) in {True, False}

"""What an organisation's profile and waivers make of a cluster's policies."""

from datetime import date
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstay.check.policy.policy import Policy, RuleSet, Waiver
from backstay.claims.exemption import not_of
from backstay.core.diagnostic import Severity
from backstay.core.place import Place
from support import casebook
from support.celengine import evaluate
from support.compiler import compile_spec

TODAY = date(2026, 6, 1)
CONDITION = "nobody-answers-for-it"


def waiver(rule, about="", *, cluster="", route="", until=TODAY):
    """An excuse that holds today."""
    return Waiver(rule, cluster, about, route, "the vendor's image", "ml-platform", until, Place())


def made(policy, **admission):
    """The objects for the API server, by kind and name, under a policy."""
    tuning = policy.tuning("base")
    compiled = compile_spec(casebook.on_base({"admission": admission}), tuning)
    return {
        (one.value["kind"], one.value["metadata"]["name"]): one.value["spec"]
        for one in compiled.settled
        if one.file.startswith("component/admission/")
    }


def actions(policy, **admission):
    """What each binding does, by the policy's name without `backstay-`."""
    found = made(policy, **admission).items()
    return {
        name[9:]: spec["validationActions"] for (kind, name), spec in found if kind.endswith("PolicyBinding")
    }


def conditions(policy, rule):
    """The match conditions of a rule's policy, by name."""
    spec = made(policy, baseline={})["ValidatingAdmissionPolicy", f"backstay-{rule.lower()}"]
    return {one["name"]: one["expression"] for one in spec["matchConditions"]}


def pod(own, namespace="shop", labels=None, **owner):
    """A pod, and what made it."""
    owners = {"ownerReferences": [{**owner, "controller": True}]} if owner else {}
    metadata = {"name": own, "namespace": namespace, **owners} | ({"labels": labels} if labels else {})
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}


def test_a_profile_decides_as_it_does_in_files():
    """An error is denied, a warning warned about, a note audited, and what is off is not there."""
    severities = {
        "JOB001": Severity.WARNING,
        "JOB002": None,
        "JOB020": Severity.INFO,
        "JOB023": Severity.ERROR,
    }
    told = actions(Policy(severities))
    assert told["job001"] == ["Warn", "Audit"]
    assert "job002" not in told
    assert told["job020"] == ["Audit"]
    assert told["job023"] == ["Deny"]
    assert told["job028"] == ["Deny"]


def test_a_set_of_rules_reaches_the_cluster():
    """Where warnings are errors, they are denied."""
    assert actions(Policy())["job020"] == ["Warn", "Audit"]
    assert actions(Policy(sets=frozenset({RuleSet.STRICT})))["job020"] == ["Deny"]


def test_a_clusters_own_line_counts_more_than_the_profile():
    """It is about this cluster's API server, and the profile about all findings everywhere."""
    told = actions(Policy({"JOB001": None, "JOB002": Severity.WARNING}), rules={"JOB001": "deny"})
    assert told["job001"] == ["Deny"]
    assert told["job002"] == ["Warn", "Audit"]


def test_a_waived_object_is_left_alone():
    """The others are judged as before, and other rules know nothing of it."""
    policy = Policy(waivers=(waiver("SEC003", "Deployment/shop/old-*"),))
    assert CONDITION not in conditions(policy, "SEC005")
    judged = conditions(policy, "SEC003")[CONDITION]
    old = {"kind": "Deployment", "metadata": {"name": "old-api", "namespace": "shop"}}
    assert not evaluate(judged, {"object": old})
    assert evaluate(judged, {"object": {**old, "kind": "StatefulSet"}})
    assert evaluate(judged, {"object": {**old, "metadata": {"name": "old-api", "namespace": "lab"}}})


@pytest.mark.parametrize(
    ("about", "mine", "other"),
    [
        ("Deployment/shop/api", pod("api-7d9-x", kind="ReplicaSet", name="api-7d9"), pod("b-1-x", kind="ReplicaSet", name="b-1")),
        ("StatefulSet/shop/db", pod("db-0", kind="StatefulSet", name="db"), pod("db-0", "lab", kind="StatefulSet", name="db")),
        ("CronJob/shop/nightly", pod("n-1-x", kind="Job", name="nightly-291"), pod("n-1-x", kind="Job", name="291")),
        ("JobSet/shop/train", pod("t", labels={"jobset.sigs.k8s.io/jobset-name": "train"}), pod("t", labels={"app": "train"})),
        ("TrainJob/shop/train", pod("t", labels={"jobset.sigs.k8s.io/jobset-name": "train"}), pod("t")),
        ("PyTorchJob/train", pod("train-worker-0", kind="PyTorchJob", name="train"), pod("train")),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)  # fmt: skip
def test_the_pods_of_a_waived_workload_are_left_alone(about, mine, other):
    """Controllers make them from the template that is excused."""
    judged = not_of([about])
    assert not evaluate(judged, {"object": mine})
    assert evaluate(judged, {"object": other})


def test_a_waiver_of_everything_takes_the_policy_away():
    """One for another cluster and one of a place of the spec do not; the day plays no part in what is compiled."""
    assert "sec002" not in actions(Policy(waivers=(waiver("SEC002", cluster="b*"),)), baseline={})
    assert "sec002" not in actions(Policy(waivers=(waiver("SEC002", until=date(2020, 1, 1)),)), baseline={})
    elsewhere = (waiver("SEC002", cluster="prod-*"), waiver("SEC002", route="admission"))
    assert "sec002" in actions(Policy(waivers=elsewhere), baseline={})
    assert CONDITION not in conditions(Policy(waivers=elsewhere), "SEC002")


def test_gatekeeper_leaves_the_same_objects_alone():
    """By the same expression, under its own spelling."""
    policy = Policy(waivers=(waiver("JOB001", "Job/shop/*"),))
    template = made(policy, engine="gatekeeper")["ConstraintTemplate", "backstayjob001"]
    stated = template["targets"][0]["code"][0]["source"]["matchCondition"]
    assert [one["name"] for one in stated] == ["says-something-new", CONDITION]
    assert stated[1]["expression"] == conditions(policy, "JOB001")[CONDITION]


_SIGNS = "ab-/*?[]!^\\.Z"


@given(st.text(_SIGNS, max_size=8), st.text("ab-/[]!^\\.Z*?", max_size=5))
def test_globs_mean_in_clusters_what_they_mean_in_files(glob, name):
    """Waivers are read by fnmatch in Python and by RE2 in CEL."""
    obj = {"kind": "Kind", "metadata": {"name": name, "namespace": "n"}}
    short, long = fnmatchcase(f"Kind/{name}", f"Kind/{glob}"), fnmatchcase(f"Kind/n/{name}", f"Kind/{glob}")
    assert evaluate(not_of([f"Kind/{glob}"]), {"object": obj}) == (not (short or long))

"""The rules about jobs over upstream's own samples: what they find there is a documented defect, or wrong."""

import pytest

from backstay.check import engine
from backstay.check.context import Context
from backstay.check.registry import CHECKS
from backstay.check.rules.job.pods import REPLICA_SPECS
from backstay.text.yaml import parse
from backstay.upstream.catalog import features
from support.casebook import item
from support.repository import SHARED, needs_fixtures

VERSIONS = {
    "kubernetes": "1.36",
    "kueue": "0.19",
    "trainer": "2.3",
    "jobset": "0.12",
    "training_operator": "1.9",
}
JUDGED = [check for check in CHECKS if check.rule.id.startswith("JOB")]
_ALPHA = "JOB027"  # actions and strategies behind gates that are off
DEFECTS = {
    "kueue-0.19.2": {
        ("JOB004", "PyTorchJob default/pytorch-simple"),  # kubeflow/trainer#2072: Kueue's gate is off
        *(
            (
                "JOB038",
                f"{kind} default/{name}",
            )  # the manager configuration beside them leaves these kinds out
            for kind, name in (
                ("JAXJob", "jax-simple"),
                ("PaddleJob", "paddle-simple-cpu"),
                ("PyTorchJob", "pytorch-simple"),
                ("TFJob", "tensorflow-dist-mnist"),
                ("XGBoostJob", "xgboost-dist-iris-test-train"),
            )
        ),
    },
    "training-operator-1.9.4": set(),
    "trainer-2.3.0": set(),
    "jobset-0.12.0": {
        (_ALPHA, "JobSet js"),
        ("JOB029", "JobSet exclusive-placement"),
    },  # 3 restarts of 10 retries
    "argo-workflows-3.5.14": set(),
    "medik8s": set(),
}

pytestmark = needs_fixtures


def load(folder):
    """The objects of a folder of samples."""
    texts = [
        file.read_text(encoding="utf-8")
        for file in sorted((SHARED / "fixtures/jobs" / folder).glob("*.yaml"))
    ]
    values = [parse(document) for text in texts for document in text.split("\n---\n")]
    return [item(value, "sample.yaml") for value in values if value and value.get("kind")]


def findings(items):
    """What the rules find, by rule and object."""
    found = engine.run(Context(items, features(**VERSIONS), VERSIONS), JUDGED)
    return {(one.rule, str(one.object)) for one in found}


def without_clean_pod_policy(items):
    """JOB023 for each Training Operator job whose failure leaves pods running (kubeflow/trainer#1579)."""
    return {
        ("JOB023", str(one.ref))
        for one in items
        if one.ref.kind in REPLICA_SPECS
        and one.ref.apiVersion == "kubeflow.org/v1"
        and "cleanPodPolicy" not in {**one.value["spec"], **one.value["spec"].get("runPolicy", {})}
    }


@pytest.mark.parametrize("folder", DEFECTS)
def test_upstream_samples_have_their_documented_defects_only(folder):
    """Anything else would be a false alarm about every job in the world."""
    items = load(folder)
    assert items
    assert findings(items) == DEFECTS[folder] | without_clean_pod_policy(items)


def test_a_sample_is_judged_once_its_node_recovery_is_known():
    """Kueue's configuration beside the Training Operator's samples makes each that restarts a finding."""
    config = {"apiVersion": "config.kueue.x-k8s.io/v1beta2", "kind": "Configuration"}
    jobs = load("training-operator-1.9.4")
    found = findings([*jobs, item(config, "config.yaml")])
    restarting = {str(one.ref) for one in jobs if one.ref.kind == "PyTorchJob"}
    assert restarting
    assert {name for rule, name in found if rule == "JOB004"} == restarting

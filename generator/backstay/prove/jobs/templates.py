"""Where the pods are described in an object of any kind that runs here, and how such a description joins a trial."""

from collections.abc import Iterator
from copy import deepcopy

from backstay.prove.jobs.client import Struct
from backstay.prove.jobs.nodes import TRIAL_LABEL
from backstay.prove.jobs.pace import Pace


def job_specs(obj: Struct) -> Iterator[Struct]:
    """The spec of every Job that an object is, or makes."""
    spec, kind = obj["spec"], obj["kind"]
    if kind == "Job":
        yield spec
    elif kind == "JobSet":
        yield from (job["template"]["spec"] for job in spec["replicatedJobs"])
    elif kind in {"ClusterTrainingRuntime", "TrainingRuntime"}:
        yield from (job["template"]["spec"] for job in spec["template"]["spec"]["replicatedJobs"])


def pod_templates(obj: Struct) -> Iterator[Struct]:
    """Every pod template in an object, to be changed in place."""
    if obj["kind"] == "PyTorchJob":
        yield from (replica["template"] for replica in obj["spec"]["pytorchReplicaSpecs"].values())
    yield from (job["template"] for job in job_specs(obj))


def joined(obj: Struct, trial: str, pace: Pace) -> Struct:
    """A copy whose pods run on the nodes of a trial, and whose times are the pace's."""
    mine = deepcopy(obj)
    for template in pod_templates(mine):
        spec = template.setdefault("spec", {})
        spec["nodeSelector"] = {TRIAL_LABEL: trial}
        spec["terminationGracePeriodSeconds"] = pace.seconds(spec.get("terminationGracePeriodSeconds", 30))
        spec["tolerations"] = [_faster(one, pace) for one in spec.get("tolerations") or ()]
        spec["tolerations"].append({"key": TRIAL_LABEL, "operator": "Exists"})
    return mine


def placed(obj: Struct, namespace: str) -> Struct:
    """A copy in a namespace; the one kind that has none stays as it is."""
    if obj["kind"] == "ClusterTrainingRuntime":
        return obj
    return {**obj, "metadata": {**obj["metadata"], "namespace": namespace}}


def _faster(toleration: Struct, pace: Pace) -> Struct:
    waits = toleration.get("tolerationSeconds")
    return toleration if waits is None else {**toleration, "tolerationSeconds": pace.seconds(waits)}

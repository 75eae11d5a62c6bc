"""Where the pods are described in an object of any kind that runs here, and how such a description joins a trial."""

from collections.abc import Iterator
from copy import deepcopy

from backstay.prove.jobs.client import Struct
from backstay.prove.jobs.nodes import TRIAL_LABEL
from backstay.prove.jobs.pace import Pace

_UNREACHABLE = "node.kubernetes.io/unreachable"


def pod_templates(obj: Struct) -> Iterator[Struct]:
    """Every pod template in an object, to be changed in place."""
    spec, kind = obj["spec"], obj["kind"]
    if kind == "Job":
        yield spec["template"]
    elif kind == "JobSet":
        yield from (job["template"]["spec"]["template"] for job in spec["replicatedJobs"])
    elif kind in {"ClusterTrainingRuntime", "TrainingRuntime"}:
        jobs = spec["template"]["spec"]["replicatedJobs"]
        yield from (job["template"]["spec"]["template"] for job in jobs)
    elif kind == "PyTorchJob":
        yield from (replica["template"] for replica in spec["pytorchReplicaSpecs"].values())


def joined(obj: Struct, trial: str, pace: Pace) -> Struct:
    """A copy whose pods run on the nodes of a trial, and whose times are the pace's."""
    mine = deepcopy(obj)
    for template in pod_templates(mine):
        spec = template.setdefault("spec", {})
        spec["nodeSelector"] = {TRIAL_LABEL: trial}
        spec["terminationGracePeriodSeconds"] = pace.seconds(spec.get("terminationGracePeriodSeconds", 30))
        for toleration in spec.get("tolerations") or ():
            if toleration.get("tolerationSeconds") is not None:
                toleration["tolerationSeconds"] = pace.seconds(toleration["tolerationSeconds"])
    return mine


def grace_seconds(obj: Struct) -> int:
    """The longest grace period of an object's pods, as it stands."""
    graces = (template["spec"].get("terminationGracePeriodSeconds", 30) for template in pod_templates(obj))
    return max(graces, default=30)


def toleration_seconds(obj: Struct, default: int) -> int:
    """The longest time that an object's pods stay on an unreachable node, as it stands."""
    return max((_tolerates(template["spec"], default) for template in pod_templates(obj)), default=default)


def _tolerates(spec: Struct, default: int) -> int:
    """What a pod's own toleration says; the API server's default where it has none."""
    known = [
        toleration.get("tolerationSeconds", default)
        for toleration in spec.get("tolerations") or ()
        if toleration.get("key") == _UNREACHABLE and toleration.get("effect") in (None, "", "NoExecute")
    ]
    return min(known, default=default)

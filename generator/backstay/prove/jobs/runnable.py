"""Workloads that can run, made of what is emitted for them: images and pods are filled in, queues are left out.

What backstay emits for a job is a patch of one in the base, or what a submitted one has to carry; only the image is
missing. A trial has its own namespace, where neither the quota nor the queue of the real one is.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

from backstay.core.manifest import Role, Settled
from backstay.model.jobs import Kind, Workload
from backstay.prove.jobs.client import Struct
from backstay.prove.jobs.templates import job_specs, pod_templates

SAFE = "kueue.x-k8s.io/safe-to-forcefully-delete"
KINDS = {Kind.PYTORCHJOB: "PyTorchJob", Kind.TRAINJOB: "TrainJob", Kind.JOBSET: "JobSet", Kind.JOB: "Job"}
_RUNTIMES = ("TrainingRuntime", "ClusterTrainingRuntime")
_IMAGE = "workload:1"
_OWN_RESOURCES = ("cpu", "memory", "ephemeral-storage")


@dataclass(frozen=True, slots=True)
class Runnable:
    """A workload's object, what it needs beside it, how many pods it has, and resources that its nodes must offer."""

    workload: Struct
    objects: tuple[Struct, ...]
    pods: int
    capacity: Mapping[str, str]

    def unguarded(self) -> "Runnable":
        """The same without leave to delete its pods by force."""
        return replace(self, workload=_unmarked(self.workload), objects=tuple(map(_unmarked, self.objects)))

    def ends_on(self, code: int) -> bool:
        """Whether a pod failure policy gives up on an exit code."""
        return any(code in codes for obj in (self.workload, *self.objects) for codes in _final_codes(obj))


def runnable(workload: Workload, settled: Sequence[Settled]) -> Runnable | None:
    """What runs of the emitted objects of a workload; None when none is emitted, or no controller here runs its kind."""
    found = _emitted(workload, settled)
    if found is None:
        return None
    made = _without_queue(found)
    objects = tuple(_complete(workload, one) for one in _runtimes(made, settled))
    if workload.kind is Kind.TRAINJOB:
        made["spec"].setdefault("trainer", {})["image"] = _IMAGE
    whole = _complete(workload, made)
    extra = {name for obj in (whole, *objects) for name in _resources(obj)} - {*_OWN_RESOURCES}
    return Runnable(whole, objects, workload.replicas.value, dict.fromkeys(sorted(extra), "1000"))


def queued(workload: Workload, settled: Sequence[Settled]) -> Runnable | None:
    """The same in its own namespace, with the queue that it asks for."""
    made, found = runnable(workload, settled), _emitted(workload, settled)
    if made is None or found is None:
        return None
    namespace = {"namespace": workload.namespace.value}
    labels = {"labels": found["metadata"].get("labels") or {}}
    return replace(
        made,
        workload={**made.workload, "metadata": {**made.workload["metadata"], **namespace, **labels}},
        objects=tuple(
            {**one, "metadata": {"name": one["metadata"]["name"], **namespace}} for one in made.objects
        ),
    )


def _emitted(workload: Workload, settled: Sequence[Settled]) -> Struct | None:
    kind = KINDS.get(workload.kind)
    for one in settled:
        metadata = one.value.get("metadata")
        named = isinstance(metadata, dict) and metadata.get("name") == workload.name
        if named and one.value.get("kind") == kind and one.ref.namespace == workload.namespace.value:
            return deepcopy(dict(one.value))
    return None


def _runtimes(job: Struct, settled: Sequence[Settled]) -> Iterator[Struct]:
    """The runtimes that a TrainJob refers to."""
    wanted = job["spec"].get("runtimeRef", {}).get("name")
    for one in settled:
        if one.role is Role.OBJECT and one.value.get("kind") in _RUNTIMES and one.ref.name == wanted:
            yield deepcopy(dict(one.value))


def _without_queue(obj: Struct) -> Struct:
    labels = obj["metadata"].get("labels") or {}
    kept = {key: value for key, value in labels.items() if not key.startswith("kueue.x-k8s.io/")}
    obj["metadata"] = {"name": obj["metadata"]["name"], "labels": kept}
    return obj


def _complete(workload: Workload, obj: Struct) -> Struct:
    for template in pod_templates(obj):
        spec = template.setdefault("spec", {})
        containers = spec.setdefault("containers", [{"name": workload.container.value}])
        for container in containers:
            container.setdefault("image", _IMAGE)
    return obj


def _resources(obj: Struct) -> Iterator[str]:
    for template in pod_templates(obj):
        for container in template["spec"]["containers"]:
            for amounts in (container.get("resources") or {}).values():
                yield from amounts
    trainer = obj["spec"].get("trainer") or {}
    for amounts in (trainer.get("resourcesPerNode") or {}).values():
        yield from amounts


def _final_codes(obj: Struct) -> Iterator[Sequence[int]]:
    for job in job_specs(obj):
        for rule in (job.get("podFailurePolicy") or {}).get("rules") or ():
            if rule.get("action") == "FailJob" and "onExitCodes" in rule:
                yield rule["onExitCodes"]["values"]


def _unmarked(obj: Struct) -> Struct:
    copy = deepcopy(obj)
    for template in pod_templates(copy):
        template.get("metadata", {}).get("annotations", {}).pop(SAFE, None)
    return copy

"""The memory of a workload's pods in its worst moment.

No pod has a twin beside it: Jobs with a podFailurePolicy replace a pod only once it has ended
(podReplacementPolicy Failed), a JobSet deletes its Jobs in the foreground before it makes them anew, and the names
of a PyTorchJob's pods are fixed. What may still run after a forced deletion runs on the lost node.
Source: kubernetes/api batch/v1 types.go; jobset pkg/controllers/jobset_controller.go; training-operator pkg/core/pod.go.
"""

from backstay.core.fact import Fact, join
from backstay.core.units import show_quantity
from backstay.model.derivation import Bound, Derivation
from backstay.resolve.jobs.fan_out import peak_of
from backstay.resolve.jobs.times import Subject


def peak(subject: Subject, replicas: Fact[int], memory: Fact[int] | None) -> Derivation | None:
    """Bytes; None where a pod's memory is not stated."""
    if memory is None:
        return None
    total = replicas.value * memory.value
    words = f"{replicas.value} pods of {show_quantity(memory.value)}, none of which is replaced before it has ended"
    return peak_of(
        subject, Bound("pods-at-once", ">=", total, words, "JOB035", join(total, replicas, memory).origins)
    )

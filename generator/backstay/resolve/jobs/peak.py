"""The memory of a workload's pods in its worst moment.

Where a replacement may start while the old pod is still terminating, both count: a Job without podFailurePolicy
replaces pods as soon as they are deleted (podReplacementPolicy TerminatingOrFailed). A PyTorchJob never has such
twins: its pods' names are fixed. Source: kubernetes/api batch/v1 types.go; kubeflow/training-operator pkg/core/pod.go.
"""

from backstay.core.fact import Fact, join
from backstay.core.units import show_quantity
from backstay.model.derivation import Bound, Derivation
from backstay.resolve.jobs.fan_out import peak_of


def peak(workload: str, replicas: Fact[int], memory: Fact[int] | None, *, twins: bool) -> Derivation | None:
    """Bytes; None where a pod's memory is not stated. `twins`: every pod may have a terminating one beside it."""
    if memory is None:
        return None
    pods = replicas.value * (2 if twins else 1)
    total = pods * memory.value
    told = f"{replicas.value} pods of {show_quantity(memory.value)}"
    words = f"{told}, each beside one that still terminates" if twins else f"{told}, and no pod has a twin"
    return peak_of(
        workload, Bound("pods-at-once", ">=", total, words, "JOB035", join(total, replicas, memory).origins)
    )

"""A Training Operator job leaves its running pods where they are when it fails.

`runPolicy.cleanPodPolicy` is `None` by default: when one replica has failed for good, the others go on waiting for it and
keep their GPUs and memory until somebody deletes the job.

Not judged: patches that do not set the field.

Breaks: the GPUs of a job that failed on Friday are gone until Monday.
Bad:
    apiVersion: kubeflow.org/v1
    kind: PyTorchJob
    metadata: {name: train, namespace: team-a}
    spec: {runPolicy: {}}
Good:
    apiVersion: kubeflow.org/v1
    kind: PyTorchJob
    metadata: {name: train, namespace: team-a}
    spec: {runPolicy: {cleanPodPolicy: Running}}
Source: kubeflow/trainer v1.9.4 pkg/apis/kubeflow.org/v1/*_defaults.go (CleanPodPolicyNone for every kind), kubeflow/trainer#1579
"""

from collections.abc import Iterator

from backstay.check import claims
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.claims import training
from backstay.claims.claim import Found
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, Fix, unsafe

RULE = rule(__doc__, "JOB023", "failed-job-keeps-its-gpus", training.JOB023.severity)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the cleanPodPolicy of each job; MPIJob still takes it from beside `runPolicy` too."""
    yield from claims.judge(ctx, RULE, training.JOB023, _mend)


def _mend(_item: Item, _found: Found) -> Fix:
    return unsafe("write `cleanPodPolicy: Running`", Edit(("spec", "runPolicy", "cleanPodPolicy"), "Running"))


CHECK = Check(RULE, reads=frozenset(pods.REPLICA_SPECS), run=check)

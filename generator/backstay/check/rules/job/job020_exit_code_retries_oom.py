"""A PyTorchJob with restartPolicy ExitCode has a memory limit that it may outgrow.

ExitCode takes 128 and above for accidents worth a retry, and an out-of-memory kill exits with 137. The pod is deleted
and made anew, so no restart is ever counted and backoffLimit does not end it.

Breaks: the job is killed at the same place again and again, without a bound, and holds its GPUs.
Bad:
    apiVersion: kubeflow.org/v1
    kind: PyTorchJob
    metadata: {name: train, namespace: team-a}
    spec:
      pytorchReplicaSpecs:
        Worker:
          restartPolicy: ExitCode
          template: {spec: {containers: [{name: pytorch, resources: {limits: {memory: 16Gi}}}]}}
Good:
    apiVersion: kubeflow.org/v1
    kind: PyTorchJob
    metadata: {name: train, namespace: team-a}
    spec:
      pytorchReplicaSpecs:
        Worker:
          restartPolicy: Never
          template: {spec: {containers: [{name: pytorch, resources: {limits: {memory: 16Gi}}}]}}
Source: kubeflow/trainer#2045; kubeflow/trainer v1.9.4 pkg/controller.v1/common/pod.go
"""

from collections.abc import Iterator

from backstay.check import claims
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.claims import training
from backstay.core.diagnostic import Diagnostic

RULE = rule(__doc__, "JOB020", "exit-code-retries-oom", training.JOB020.severity)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the replicas of every PyTorchJob."""
    yield from claims.judge(ctx, RULE, training.JOB020)


CHECK = Check(RULE, reads=frozenset({pods.PYTORCHJOB}), run=check)

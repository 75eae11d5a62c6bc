"""A Training Operator job's pod template has another restartPolicy than the replica around it.

The replica's restartPolicy overwrites the template's, and where the replica has none the kind's default does.

Not judged: a patch that does not say both.

Breaks: a pod that was meant to fail once is started again in place, or the other way round, and the manifest says otherwise.
Bad:
    apiVersion: kubeflow.org/v1
    kind: PyTorchJob
    metadata: {name: train, namespace: team-a}
    spec:
      pytorchReplicaSpecs:
        Worker: {restartPolicy: OnFailure, template: {spec: {restartPolicy: Never}}}
Good:
    apiVersion: kubeflow.org/v1
    kind: PyTorchJob
    metadata: {name: train, namespace: team-a}
    spec:
      pytorchReplicaSpecs:
        Worker: {restartPolicy: Never, template: {spec: {containers: [{name: pytorch}]}}}
Source: kubeflow/trainer v1.9.4 pkg/core/pod.go (SetRestartPolicy), pkg/apis/kubeflow.org/v1/*_defaults.go, kubeflow/trainer#2200
"""

from collections.abc import Iterator

from backstay.check import claims
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.claims import training
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, safe

RULE = rule(__doc__, "JOB024", "template-restart-policy-ignored", training.JOB024.severity)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge each replica type of each job."""
    yield from claims.judge(
        ctx,
        RULE,
        training.JOB024,
        lambda _item, found: safe("take it out of the template", Edit(found.route, None)),
    )


CHECK = Check(RULE, reads=frozenset(pods.REPLICA_SPECS), run=check)

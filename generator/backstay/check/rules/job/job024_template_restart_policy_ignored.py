"""A Training Operator job's pod template has another restartPolicy than the replica around it.

The replica's restartPolicy overwrites the template's, and where the replica has none the kind's default does.

Not judged: a patch that does not say both.

Breaks: a pod that was meant to fail once is started again in place, or the other way round, and the manifest says otherwise.
Bad:
    Worker: {restartPolicy: OnFailure, template: {spec: {restartPolicy: Never}}}
Good:
    Worker: {restartPolicy: Never, template: {spec: {containers: []}}}
Source: kubeflow/trainer v1.9.4 pkg/core/pod.go (SetRestartPolicy), pkg/apis/kubeflow.org/v1/*_defaults.go, kubeflow/trainer#2200
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.check.rules.job.pods import Replicas
from backstay.core.diagnostic import Diagnostic, Severity

RULE = rule(__doc__, "JOB024", "template-restart-policy-ignored", Severity.WARNING)

_DEFAULT = {"PyTorchJob": "OnFailure", "XGBoostJob": "Never", "TFJob": "Never", "PaddleJob": "OnFailure",
            "JAXJob": "Never", "MPIJob": "Never"}  # fmt: skip
"""What a replica gets that has no restartPolicy."""
_ON_POD = {"ExitCode": "Never"}
"""What the operator writes into pods, where it is not the replica's own word."""


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge each replica type of each job."""
    for job in pods.training_jobs(ctx):
        for replica in pods.replicas(job):
            yield from _judge(ctx, replica)


def _judge(ctx: Context, replica: Replicas) -> Iterator[Diagnostic]:
    template = look.text(replica.pods.spec.value.get("restartPolicy"))
    own = look.text(replica.part.value.get("restartPolicy"))
    if template is None or (own is None and replica.part.item.partial):
        return
    policy = own or _DEFAULT[replica.part.item.ref.kind]
    if _ON_POD.get(policy, policy) != template:
        said = f"`{policy}`" if own else f"the default `{policy}`"
        yield ctx.report(
            RULE, replica.part.item, (*replica.pods.spec.route, "restartPolicy"),
            f"{said} of the {replica.name} replica overwrites `restartPolicy: {template}` of its pod template",
            "take it out of the template and write what is meant beside `replicas`",
        )  # fmt: skip


CHECK = Check(RULE, reads=frozenset(pods.REPLICA_SPECS), run=check)

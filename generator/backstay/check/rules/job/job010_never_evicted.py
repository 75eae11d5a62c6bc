"""A job's pod tolerates lost nodes without a limit, so it is never evicted from one.

The first toleration that matches `unreachable` or `not-ready` decides. One without `tolerationSeconds` holds for ever,
be it written for these taints or a blanket `operator: Exists`, which also hits what Kueue adds from a ResourceFlavor.

Breaks: the pod stays bound to the dead node; no eviction, no replacement, and nothing that waits for its deletion
(Kueue's failure recovery, out-of-service) ever starts.
Bad:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec: {template: {spec: {tolerations: [{operator: Exists}]}}}
Good:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: train, namespace: team-a}
    spec:
      template:
        spec:
          tolerations:
            - key: node.kubernetes.io/unreachable
              operator: Exists
              effect: NoExecute
              tolerationSeconds: 60
            - {key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}
Source: kubernetes/kubernetes pkg/controller/tainteviction/taint_eviction.go, plugin/pkg/admission/defaulttolerationseconds
"""

from collections.abc import Iterator

from backstay.check import claims
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods
from backstay.check.rules.kfp import argo
from backstay.claims.claim import Found
from backstay.claims.pods import JOB010
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, Fix, unsafe

RULE = rule(__doc__, "JOB010", "never-evicted", JOB010.severity)

_SECONDS = 60
_FLAVOR = "ResourceFlavor"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the tolerations of jobs' pods, and those that Kueue adds to them."""
    yield from claims.judge_defaults(ctx, RULE, JOB010, argo.setting(ctx, "workflowDefaults"))
    yield from claims.judge(ctx, RULE, JOB010, _limited)


def _limited(_item: Item, found: Found) -> Fix | None:
    """A limit, where the toleration is of the loss of nodes alone; what else a blanket one is for is not known."""
    by_name = found.help == f"write `tolerationSeconds: {_SECONDS}`"
    return (
        unsafe(f"write `tolerationSeconds: {_SECONDS}`", Edit((*found.route, "tolerationSeconds"), _SECONDS))
        if by_name
        else None
    )


CHECK = Check(RULE, reads=pods.KINDS | {_FLAVOR}, run=check)

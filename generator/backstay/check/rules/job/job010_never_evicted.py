"""A job's pod tolerates lost nodes without a limit, so it is never evicted from one.

The first toleration that matches `unreachable` or `not-ready` decides. One without `tolerationSeconds` holds for ever,
be it written for these taints or a blanket `operator: Exists`, which also hits what Kueue adds from a ResourceFlavor.

Breaks: the pod stays bound to the dead node; no eviction, no replacement, and nothing that waits for its deletion
(Kueue's failure recovery, out-of-service) ever starts.
Bad:
    tolerations: [{operator: Exists}]
Good:
    tolerations:
      - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 60}
      - {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 60}
      - {key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}
Source: kubernetes/kubernetes pkg/controller/tainteviction/taint_eviction.go, plugin/pkg/admission/defaulttolerationseconds
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.look import Part, whole
from backstay.check.rule import Check, rule
from backstay.check.rules.job import pods, tolerations
from backstay.core.diagnostic import Diagnostic

RULE = rule(__doc__, "JOB010", "never-evicted")

_FLAVOR = "ResourceFlavor"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the tolerations of jobs' pods, and those that Kueue adds to them."""
    flavors = (whole(item).down("spec") for item in ctx.of_kind(_FLAVOR))
    for spec in (*(one.spec for one in pods.of_jobs(ctx)), *flavors):
        for toleration, taints in tolerations.against_loss(spec):
            if toleration.get("tolerationSeconds") is None:
                yield ctx.report(
                    RULE, spec.item, toleration.route, _message(toleration, taints), _mend(toleration)
                )


def _message(toleration: Part, taints: tuple[str, ...]) -> str:
    names = " and ".join(taint.rpartition("/")[2] for taint in taints)
    whose = "it matches everything" if not toleration.value.get("key") else "it has no tolerationSeconds"
    return f"pods tolerate nodes that are {names} for ever: {whose}"


def _mend(toleration: Part) -> str:
    if not toleration.value.get("key"):
        return "name the taints that are meant, or tolerate `effect: NoSchedule` only"
    return "write `tolerationSeconds: 60`"


CHECK = Check(RULE, reads=pods.KINDS | {_FLAVOR}, run=check)

"""The taint `out-of-service` is part of a node's configuration, or on a node that is Ready.

The taint tells the control plane that a machine is surely off. Whoever verified that sets it, on a node that is not
ready, and takes it away afterwards.

Not judged: Nodes as they stand in a cluster whose Ready condition is not True, where the taint does its work.

Breaks: on a healthy node it evicts everything as any NoExecute taint does, frees nothing by force, and nobody takes it
away; after the node's death volumes are detached without a proof that it is off.
Bad:
    apiVersion: v1
    kind: Node
    metadata: {name: gpu-7}
    spec: {taints: [{key: node.kubernetes.io/out-of-service, value: nodeshutdown, effect: NoExecute}]}
    status: {conditions: [{type: Ready, status: "True"}]}
Good:
    apiVersion: v1
    kind: Node
    metadata: {name: gpu-7}
    spec: {taints: [{key: node.kubernetes.io/out-of-service, value: nodeshutdown, effect: NoExecute}]}
    status: {conditions: [{type: Ready, status: Unknown}]}
Source: kubernetes/enhancements KEP 2268; kubernetes/kubernetes pkg/controller/podgc/gc_controller.go
"""

from collections.abc import Iterator

from backstay.check import claims
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.claims.pods import CONFIGURATIONS, JOB013
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, unsafe

RULE = rule(__doc__, "JOB013", "static-out-of-service-taint", JOB013.severity)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge what configures nodes, and Nodes."""
    yield from claims.judge(
        ctx, RULE, JOB013, lambda _item, found: unsafe("take the taint out", Edit(found.route, None))
    )


CHECK = Check(RULE, reads=frozenset({*CONFIGURATIONS, "Node"}), run=check)

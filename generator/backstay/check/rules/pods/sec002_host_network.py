"""A pod uses its node's network, and the organisation's baseline does not allow it.

Not judged: where no spec states a baseline (`admission.baseline`); patches that lack the field.

Breaks: the pod answers and listens under the node's address, past NetworkPolicies and the mesh; two such pods on one node fight for ports.
Bad:
    admission: {baseline: {}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: train, namespace: team-a}
    spec: {hostNetwork: true}
Good:
    admission: {baseline: {}}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: train, namespace: team-a}
    spec: {containers: [{name: main}]}
Source: kubernetes/website concepts/security/pod-security-standards (Baseline: Host Namespaces)
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.pods import asked
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, unsafe

RULE = rule(__doc__, "SEC002", "host-network")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every pod template."""
    yield from asked.judge(
        ctx, RULE, lambda _item, found: unsafe("take `hostNetwork` out", Edit(found.route, None))
    )


CHECK = Check(RULE, reads=asked.READS, run=check)

"""The service account of pipeline steps lacks rights that the launcher or Argo's executor uses.

Not judged: accounts that are bound to roles which are not at hand or are filled by aggregation; without a spec,
`default-editor`, to which Kubeflow binds roles of its own.

Breaks: steps do their work and fail at the end, with "forbidden" while reporting their outputs or reading the store's
Secret.
Bad:
    # --platform workflows=3.7
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: runs, namespace: kubeflow}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: runs}
    subjects: [{kind: ServiceAccount, name: pipeline-runner, namespace: kubeflow}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: runs, namespace: kubeflow}
    rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
Good:
    # --platform workflows=3.7
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: runs, namespace: kubeflow}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: runs}
    subjects: [{kind: ServiceAccount, name: pipeline-runner, namespace: kubeflow}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: runs, namespace: kubeflow}
    rules:
      - {apiGroups: [""], resources: [configmaps, secrets], verbs: [get]}
      - {apiGroups: [argoproj.io], resources: [workflowtaskresults], verbs: [create, patch]}
Source: kubeflow/pipelines manifests/kustomize/base/pipeline/pipeline-runner-role.yaml, argoproj/argo-workflows docs/workflow-rbac.md, workflow/executor/executor.go (no fallback to patching pods from 3.6)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import rbac
from backstay.check.rules.kfp.rbac import Right
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.core.fix import Edit, Fix, unsafe

RULE = rule(__doc__, "KFP022", "run-account-lacks-rights")

_STANDALONE = "pipeline-runner"
_STORE = (Right("", "configmaps", "get"), Right("", "secrets", "get"))
_RESULTS = tuple(Right("argoproj.io", "workflowtaskresults", verb) for verb in ("create", "patch"))
_WITHOUT_METADATA = (
    *(Right("pipelines.kubeflow.org", "runs", verb) for verb in ("get", "list", "update")),
    *(Right("pipelines.kubeflow.org", "artifacts", verb) for verb in ("get", "list", "create")),
)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge what every account that runs steps may do in its namespace."""
    accounts = {_STANDALONE} | (
        {ctx.cluster.pipelines.run_account.value} if ctx.cluster and ctx.cluster.pipelines else set()
    )
    for account in sorted(accounts):
        for grant in rbac.grants(ctx, account):
            lacking = grant.lacks(_wanted(ctx)) if grant.complete else []
            if lacking:
                yield _report(ctx, grant, account, lacking)


def _report(ctx: Context, grant: rbac.Grant, account: str, lacking: list[Right]) -> Diagnostic:
    role = grant.roles[0]
    return ctx.report(
        RULE, role, ("rules",),
        f"service account {grant.namespace}/{account}, which runs steps, may not {', '.join(map(str, lacking))}",
        f"add to {role.ref}: {'; '.join(map(_words, lacking))}",
        fix=_granted(role, lacking),
    )  # fmt: skip


def _granted(role: Item, lacking: list[Right]) -> Fix:
    """The rights at the end of the role, a rule each resource."""
    there = len(look.listing(role.value.get("rules")))
    verbs: dict[tuple[str, str], list[str]] = {}
    for right in lacking:
        verbs.setdefault((right.group, right.resource), []).append(right.verb)
    added = [{"apiGroups": [of[0]], "resources": [of[1]], "verbs": some} for of, some in verbs.items()]
    edits = (Edit(("rules", there + number), rule) for number, rule in enumerate(added))
    return unsafe(f"grant {', '.join(map(str, lacking))}", *edits)


def _words(right: Right) -> str:
    return f'apiGroups ["{right.group}"], resources [{right.resource}], verbs [{right.verb}]'


def _wanted(ctx: Context) -> tuple[Right, ...]:
    results = _RESULTS if ctx.has(Feature.TASK_RESULTS_REQUIRED) else ()
    gone = "pipelines" in ctx.versions and not ctx.has(Feature.METADATA_STORE)
    return (*_STORE, *results, *(_WITHOUT_METADATA if gone else ()))


CHECK = Check(RULE, reads=rbac.KINDS, run=check)

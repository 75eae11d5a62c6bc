"""Who frees the pods of a lost node: what the spec's strategy says, or else what the objects tell.

A pod on a node that went silent stays Terminating until the kubelet comes back, the Node object or the pod is
removed, or the node is tainted out-of-service. Kueue's FailureRecoveryPolicy removes pods that carry its annotation;
NodeHealthCheck with a remediation fences the node; clouds delete the Node object. The last one leaves no trace in
objects: what they alone make a fault of is a warning.

Sources: kubernetes-sigs/kueue KEP 6757 and apis/config; kubernetes/kubernetes#134038; medik8s NodeHealthCheck.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context
from backstay.check.look import Part, whole
from backstay.check.rules.job import configs
from backstay.check.rules.job.pods import Pods
from backstay.core.diagnostic import Related, Severity
from backstay.core.feature import Feature
from backstay.model.jobs import Recovery, Strategy, Workload

DELETE = "kueue.x-k8s.io/safe-to-forcefully-delete"
TERMINATE = "kueue.x-k8s.io/safe-to-forcefully-terminate"
"""The annotation's name before Kueue 0.15.6, 0.16.3 and 0.17."""
GATE = "FailureRecoveryPolicy"
GATE_KINDS = configs.KINDS | {"Deployment"}
"""Where objects tell whether Kueue frees pods."""
KINDS = GATE_KINDS | {"NodeHealthCheck"}
"""Where objects tell who frees pods."""

_MANAGER = "kueue-controller-manager"
_FLAG = "--feature-gates="
_NOBODY = "nobody frees the pods of a lost node"
_MEND = (
    f'run Kueue with the {GATE} gate and mark restart-safe pods `{DELETE}: "true"`, '
    "or remediate nodes (NodeHealthCheck with SelfNodeRemediation, or the cloud's node repair)"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stuck:
    """Why pods of a lost node stay there for ever, what to do about it, and how sure that is."""

    why: str
    help: str
    severity: Severity | None


def stuck(ctx: Context, pods: Pods) -> Stuck | None:
    """Why these pods stay on a lost node; None where somebody frees them, or where nothing tells."""
    gate = None if remediated(ctx) else gate_on(ctx)
    if gate is None or (gate and (marked(pods) or pods.partial)):
        return None
    if gate:
        return Stuck(f"Kueue frees marked pods only, and these lack `{DELETE}`",
                     f'write `{DELETE}: "true"` into the pod template if two copies of the pod do no harm', None)  # fmt: skip
    return Stuck(_NOBODY, _MEND, None if recovery_of(ctx) else Severity.WARNING)


def workload_stuck(ctx: Context, workload: Workload) -> Stuck | None:
    """Why the pods of a workload of the spec stay on a lost node; None where the strategy frees them."""
    recovery = recovery_of(ctx)
    if recovery is None or remediated(ctx):
        return None
    if recovery.strategy.value is Strategy.NONE:
        return Stuck(f"{_NOBODY}: the strategy is `none`", "name a `strategy`, such as `self-node-remediation`", None)  # fmt: skip
    if workload.restart_safe is not None:
        return None
    whose = f"{workload.namespace.value}/{workload.name}"
    return Stuck("Kueue frees pods only that are declared safe to restart",
                 f"add `{whose}` to `restartSafe` if two copies of it do no harm, or choose a `strategy` that fences the node", None)  # fmt: skip


def strategy_place(ctx: Context) -> tuple[Related, ...]:
    """The spec line that names the strategy."""
    recovery = recovery_of(ctx)
    return (Related(look.stated(recovery.strategy), "the strategy"),) if recovery else ()


def monitor_grace(ctx: Context) -> int:
    """How long a node may be silent until it counts as lost, in milliseconds; the least where nothing tells."""
    recovery = recovery_of(ctx)
    if recovery is not None:
        return recovery.monitor_grace.value
    return 50_000 if ctx.has(Feature.NODE_MONITOR_GRACE_50S) else 40_000


def recovery_of(ctx: Context) -> Recovery | None:
    """What the spec says of node loss; None without a spec, or where it says nothing."""
    return ctx.cluster.jobs.recovery if ctx.cluster else None


def remediated(ctx: Context) -> bool:
    """Whether lost nodes are fenced or removed, so that all their pods are freed."""
    recovery = recovery_of(ctx)
    if recovery is not None:
        return recovery.strategy.value in {Strategy.SELF_NODE_REMEDIATION, Strategy.CLOUD_REPAIR}
    return any(_remedies(whole(item).down("spec")) for item in ctx.of_kind("NodeHealthCheck"))


def gate_on(ctx: Context) -> bool | None:
    """Whether Kueue's FailureRecoveryPolicy gate is on: what its configuration or flags say, else what the spec does.

    None where nothing tells.
    """
    if "kueue" in ctx.versions and not ctx.has(Feature.KUEUE_FAILURE_RECOVERY):
        return False
    told = [configs.gate(config, GATE) for config in configs.configurations(ctx, configs.KUEUE)]
    told += _flags(ctx)
    recovery = recovery_of(ctx)
    if told or recovery is None:
        return any(told) if told else None
    return recovery.strategy.value is Strategy.KUEUE


def marked(pods: Pods) -> bool:
    """Whether pods carry Kueue's annotation, under either of its names."""
    return "true" in (pods.annotation(DELETE), pods.annotation(TERMINATE))


def _flags(ctx: Context) -> Iterator[bool]:
    """What the manager's `--feature-gates` flag says, where it is set."""
    for item in ctx.named("Deployment", _MANAGER):
        for container in look.containers(item):
            for arg, _ in look.args(container):
                if arg.startswith(_FLAG):
                    yield f"{GATE}=true" in arg.removeprefix(_FLAG).split(",")


def _remedies(spec: Part) -> bool:
    return bool(spec.get("remediationTemplate") or spec.get("escalatingRemediations"))

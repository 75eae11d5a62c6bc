"""What happens when a node dies: when it counts as lost, when it is fenced, what the strategy adds.

Sources: kubernetes pkg/controller/nodelifecycle (--node-monitor-grace-period), pkg/controller/podgc/gc_controller.go
(a pass each 20 s, and 40 s of quarantine before pods without a Node object are removed); kueue
pkg/controller/failurerecovery (one minute after the deletion timestamp, fixed); medik8s node-healthcheck-operator
(unhealthyConditions) and self-node-remediation (reboot, then the out-of-service taint, which evicts at once).
"""

from backstay.core.fact import Fact, from_preset, from_spec, from_version, join
from backstay.core.feature import Feature
from backstay.core.place import at
from backstay.core.units import show_duration
from backstay.model.derivation import Bound, Derivation
from backstay.model.jobs import Recovery, Strategy
from backstay.resolve.facts import fact
from backstay.resolve.jobs.solving import SECOND, largest
from backstay.resolve.platform import Platform
from backstay.spec import termination as spec

ROUTE = ("termination", "nodeLoss")
_REMEDIATION = (*ROUTE, "remediation")
_USUAL_UNHEALTHY = 300 * SECOND
_FORCE_STEPS = {
    Strategy.KUEUE: (60 * SECOND, "kueue", "FailureRecoveryPolicy waits one minute after the deletion timestamp"),
    Strategy.SELF_NODE_REMEDIATION: (20 * SECOND, "kubernetes", "the pod collector looks each 20 s"),
    Strategy.CLOUD_REPAIR: (60 * SECOND, "kubernetes", "the pod collector looks each 20 s and keeps orphans for 40 s"),
    Strategy.NONE: (0, "kubernetes", "nothing removes the pods of a lost node"),
}  # fmt: skip


def resolve_recovery(
    stated: spec.NodeLoss | None, platform: Platform
) -> tuple[Recovery | None, dict[str, Derivation]]:
    """The node's timeline, and how long it has to be unhealthy before a remediation; None: nothing is stated."""
    if stated is None:
        return None, {}
    grace = _monitor_grace(stated, platform)
    strategy = Strategy(stated.strategy)
    step, system, note = _FORCE_STEPS[strategy]
    fenced_in = fact(stated.remediation, "fenced_in", stated.remediation.fenced_in, _REMEDIATION)
    force = from_preset(step, system, note)
    unhealthy = _unhealthy_for(stated, grace, fenced_in, force)
    pin = stated.remediation.unhealthy_for
    recovery = Recovery(
        fact(stated, "strategy", strategy, ROUTE),
        fact(stated, "recover_in", stated.recover_in, ROUTE),
        grace,
        fact(stated, "default_toleration", stated.default_toleration, ROUTE),
        fact(stated, "pod_start", stated.pod_start, ROUTE),
        force,
        unhealthy.fact if pin is None else _stated_unhealthy(stated, pin, unhealthy),
        fenced_in,
        fact(stated.remediation, "namespace", stated.remediation.namespace, _REMEDIATION),
        fact(stated.remediation, "min_healthy", stated.remediation.min_healthy, _REMEDIATION),
        tuple(from_spec(one, *ROUTE, "restartSafe", i) for i, one in enumerate(stated.restart_safe)),
        at(*ROUTE),
    )
    return recovery, {unhealthy.id: unhealthy} if recovery.fences else {}


def _stated_unhealthy(stated: spec.NodeLoss, pin: int, solved: Derivation) -> Fact[int]:
    own = fact(stated.remediation, "unhealthy_for", pin, _REMEDIATION)
    return Fact(pin, (*own.origins, solved.fact.origins[0]))


def _monitor_grace(stated: spec.NodeLoss, platform: Platform) -> Fact[int]:
    if stated.monitor_grace is not None:
        return fact(stated, "monitor_grace", stated.monitor_grace, ROUTE)
    seconds = 50 if Feature.NODE_MONITOR_GRACE_50S in platform.features else 40
    version = f"kubernetes {platform.kubernetes.value}"
    return from_version(seconds * SECOND, version, "the default of --node-monitor-grace-period")


def _unhealthy_for(
    stated: spec.NodeLoss, grace: Fact[int], fenced_in: Fact[int], force: Fact[int]
) -> Derivation:
    """As patient as the target allows: a node that comes back by itself needs no reboot."""
    target, start = (fact(stated, name, getattr(stated, name), ROUTE) for name in ("recover_in", "pod_start"))
    parts = (grace, fenced_in, force, start)
    left = target.value - sum(part.value for part in parts)
    within = Bound(
        "remediation-within-target", "<=", left,
        f"jobs run again within {show_duration(target.value)}, of which {show_duration(grace.value)} go until the node "
        f"counts as lost, {show_duration(fenced_in.value)} to fencing it, {show_duration(force.value)} until its pods are "
        f"removed, and {show_duration(start.value)} to the new pods' start", "JOB041", join(left, target, *parts).origins,
    )  # fmt: skip
    usual = Bound(
        "remediation-no-later-than-usual", "<=", _USUAL_UNHEALTHY, "what NodeHealthCheck itself waits by default is enough",
        "", from_preset(0, "node-healthcheck-operator", "the duration of its default unhealthyConditions").origins,
        soft=True,
    )  # fmt: skip
    # Below the monitor's own grace a node that merely reports late would be rebooted.
    patient = Bound("remediation-spares-late-nodes", ">=", grace.value, f"a node may report {show_duration(grace.value)} "
                    "late and be well", "JOB012", grace.origins)  # fmt: skip
    bounds = (within, usual, patient)
    value, choice = largest(bounds, grace.value)
    title = "how long a node has to be unhealthy before it is remediated"
    return Derivation("recovery/unhealthy-for", value, "ms", bounds, choice, title)

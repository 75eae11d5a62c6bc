"""How a Job's podFailurePolicy answers an end of a pod: the first rule that matches decides.

Source: kubernetes/kubernetes pkg/controller/job/pod_failure_policy.go
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.look import Part

OOM, SIGTERM = 137, 143
"""128 + SIGKILL, as the kernel's OOM killer leaves it, and 128 + SIGTERM."""
DISRUPTION = "DisruptionTarget"


def on_disruption(rule: Part) -> bool:
    """Whether a rule matches pods that were evicted, preempted or deleted with their node."""
    return any(
        condition.get("type") == DISRUPTION and condition.value.get("status", "True") in ("True", None)
        for condition in rule.each("onPodConditions")
    )


def on_exit(rule: Part, code: int, container: str | None = None) -> bool:
    """Whether a rule matches an exit code; of the container, where a name is given and the rule has one too."""
    codes = rule.down("onExitCodes")
    values = look.listing(codes.get("values"))
    if container is not None and codes.get("containerName") not in (None, container):
        return False
    return {"In": code in values, "NotIn": code not in values}.get(str(codes.get("operator")), False)


def first_on_exit(rules: Iterator[Part], code: int, container: str | None) -> Part | None:
    """The rule that decides on an exit code of a pod that nobody disrupted."""
    return next((rule for rule in rules if on_exit(rule, code, container)), None)

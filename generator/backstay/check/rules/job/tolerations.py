"""Which of a pod's tolerations holds against a lost node's taints.

A node whose kubelet is silent is tainted unreachable, one that says so itself not-ready, both NoExecute. The first
toleration that matches a taint decides how long the pod stays; without tolerationSeconds it stays for ever.

Source: kubernetes/kubernetes pkg/controller/tainteviction, staging component-helpers GetMatchingTolerations
"""

from collections.abc import Iterator

from backstay.check.look import Part

UNREACHABLE = "node.kubernetes.io/unreachable"
NOT_READY = "node.kubernetes.io/not-ready"


def against_loss(spec: Part) -> Iterator[tuple[Part, tuple[str, ...]]]:
    """The tolerations that decide, each with the taints it decides about; in order."""
    found: dict[tuple[str | int, ...], tuple[Part, tuple[str, ...]]] = {}
    for taint in (UNREACHABLE, NOT_READY):
        one = next((one for one in spec.each("tolerations") if _holds(one, taint)), None)
        if one is not None:
            found[one.route] = (one, (*found.get(one.route, (one, ()))[1], taint))
    yield from found.values()


def _holds(toleration: Part, taint: str) -> bool:
    key, operator = toleration.value.get("key") or "", toleration.value.get("operator") or "Equal"
    if (toleration.value.get("effect") or "NoExecute") != "NoExecute":
        return False
    if operator == "Exists":
        return key in ("", taint)
    return operator == "Equal" and key == taint and not toleration.value.get("value")

"""Claims about every pod, where the organisation asks for them: network, user, memory, tolerations.

Sources: kubernetes/website concepts/security/pod-security-standards, kubernetes/api core/v1 types.go (PodSpec).
"""

from collections.abc import Iterator, Sequence

from backstay.claims import views
from backstay.claims.claim import Claim, Expressed, always
from backstay.claims.terms import (
    Blank,
    Choose,
    Const,
    First,
    In,
    Not,
    Some,
    Term,
    absent,
    both,
    equals,
    field,
    present,
)  # fmt: skip
from backstay.core.diagnostic import Severity
from backstay.model.admission import Baseline, Toleration

IDS = ("SEC002", "SEC003", "SEC004", "SEC005")
_CONTAINERS = ("containers", "initContainers")


def host_network() -> Expressed:
    """No pod uses its node's network."""
    return Expressed(
        "SEC002", Severity.ERROR,
        always(
            Claim(
                views.PODS, equals(field("spec", "hostNetwork"), plain=True), ("pods use their node's network",),
                ("take `hostNetwork` out",), at=("spec", "hostNetwork"),
            )
        ),
    )  # fmt: skip


def non_root(exempt: Sequence[str]) -> Expressed:
    """Every container says runAsNonRoot, itself or by its pod; a container's own word counts more."""
    own = field("securityContext", "runAsNonRoot")
    said = Choose(present(own), own, field("spec", "securityContext", "runAsNonRoot", up=1))
    root = both(Not(equals(said, plain=True)), Not(In(field("name"), tuple(exempt))))
    return _of_containers(
        "SEC003", root, " may run as root: neither it nor its pod says runAsNonRoot",
        "write `securityContext: {runAsNonRoot: true}` into the pod's spec, and take it out where it is false",
    )  # fmt: skip


def memory_limits() -> Expressed:
    """Every container has a memory limit."""
    bare = Blank(field("resources", "limits", "memory"))
    return _of_containers(
        "SEC005", bare, " has no memory limit", "write `resources: {limits: {memory: ...}}`"
    )


def tolerations(required: Sequence[Toleration]) -> Expressed:
    """Every pod has some tolerations."""
    return Expressed("SEC004", Severity.ERROR, always(*map(_tolerates, required)))


def expressed(baseline: Baseline) -> Iterator[Expressed]:
    """The claims that a baseline asks for, in the order of ids."""
    if not baseline.host_network.value:
        yield host_network()
    if baseline.run_as_non_root.value:
        yield non_root(baseline.exempt_containers.value)
    if baseline.tolerations:
        yield tolerations(baseline.tolerations)
    if baseline.memory_limits.value:
        yield memory_limits()


def _of_containers(rule: str, wrong: Term, said: str, help_: str) -> Expressed:
    claims = []
    for key in _CONTAINERS:
        items = field("spec", key)
        first = First(items, wrong)
        claims.append(
            Claim(
                views.PODS, Some(items, wrong), ("container ", field("name", of=first), said), (help_,),
                at=("spec", key, first), whole=True, firm=True,
            )
        )  # fmt: skip
    return Expressed(rule, Severity.ERROR, always(*claims))


def _tolerates(wanted: Toleration) -> Claim:
    fields = {
        "key": wanted.key.value,
        "operator": wanted.operator,
        "value": wanted.value,
        "effect": wanted.effect,
    }
    shown = ", ".join(f"{name}: {value}" for name, value in fields.items() if value)
    same = both(*(_same(name, value) for name, value in fields.items()))
    return Claim(
        views.PODS, both(present(field("spec")), Not(Some(field("spec", "tolerations"), same))),
        (f"pods lack the toleration {{{shown}}}",), (f"add `{{{shown}}}` to `tolerations`",),
        at=("spec", "tolerations"), whole=True,
    )  # fmt: skip


def _same(name: str, value: str) -> Term:
    there = field(name)
    if name == "operator" and value == "Equal":
        return In(Choose(absent(there), Const("Equal"), there), ("", "Equal"))
    return equals(there, value) if value else Blank(there)

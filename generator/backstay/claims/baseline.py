"""Claims about every pod, where the organisation asks for them: network, user, memory, tolerations.

Sources: kubernetes/website concepts/security/pod-security-standards, kubernetes/api core/v1 types.go (PodSpec).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from backstay.claims import views
from backstay.claims.claim import Claim, Expressed, View, always
from backstay.claims.default import Append, Fill
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
DEFAULTS = ("SEC003", "SEC004", "SEC005")
"""Those that the API server can mend in pods, by adding what they do not say."""
_CONTAINERS = ("containers", "initContainers")
_PODS_ALONE = views.only(views.PODS, "Pod")
_TEMPLATES = views.only(views.PODS, *(kind for kind in views.PODS if kind != "Pod"))


@dataclass(frozen=True, slots=True)
class _Lacking:
    """What containers lack that may be filled in: when, where, and with what."""

    title: str
    when: Term
    at: tuple[str, ...]
    value: Term


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


def non_root(exempt: Sequence[str], *, filled: bool = False) -> Expressed:
    """Every container says runAsNonRoot, itself or by its pod; a container's own word counts more."""
    own = field("securityContext", "runAsNonRoot")
    of_pod = field("spec", "securityContext", "runAsNonRoot", up=1)
    said = Choose(present(own), own, of_pod)
    root = both(Not(equals(said, plain=True)), Not(In(field("name"), tuple(exempt))))
    silent = both(absent(own), absent(of_pod))
    return _of_containers(
        "SEC003", root, " may run as root: neither it nor its pod says runAsNonRoot",
        "write `securityContext: {runAsNonRoot: true}` into the pod's spec, and take it out where it is false",
        _Lacking("have the container refuse to run as root", silent, own.route, Const(plain=True)), filled=filled,
    )  # fmt: skip


def memory_limits(*, filled: bool = False) -> Expressed:
    """Every container has a memory limit."""
    limit, request = field("resources", "limits", "memory"), field("resources", "requests", "memory")
    return _of_containers(
        "SEC005", Blank(limit), " has no memory limit", "write `resources: {limits: {memory: ...}}`",
        _Lacking("limit the memory to what is requested", Not(Blank(request)), limit.route, request), filled=filled,
    )  # fmt: skip


def tolerations(required: Sequence[Toleration], *, filled: bool = False) -> Expressed:
    """Every pod has some tolerations."""
    over = _PODS_ALONE if filled else views.PODS
    return Expressed("SEC004", Severity.ERROR, always(*(_tolerates(one, over) for one in required)))


def expressed(baseline: Baseline, filled: Collection[str] = ()) -> Iterator[Expressed]:
    """The claims that a baseline asks for, in the order of ids.

    `filled` are the rules whose defaults the API server fills into the pods of controllers: templates are then bad
    only where no default would mend their pods.
    """
    if not baseline.host_network.value:
        yield host_network()
    if baseline.run_as_non_root.value:
        yield non_root(baseline.exempt_containers.value, filled="SEC003" in filled)
    if baseline.tolerations:
        yield tolerations(baseline.tolerations, filled="SEC004" in filled)
    if baseline.memory_limits.value:
        yield memory_limits(filled="SEC005" in filled)


def _of_containers(
    rule: str, wrong: Term, said: str, help_: str, lacking: _Lacking, *, filled: bool
) -> Expressed:
    def claim(over: View, key: str, wrong: Term) -> Claim:
        items = field("spec", key)
        first = First(items, wrong)
        return Claim(
            over, Some(items, wrong), ("container ", field("name", of=first), said), (help_,),
            at=("spec", key, first), whole=True,
            default=Fill(lacking.title, items.route, wrong, lacking.when, lacking.at, lacking.value),
        )  # fmt: skip

    for_good = both(wrong, Not(lacking.when))
    views_of = ((_PODS_ALONE, wrong), (_TEMPLATES, for_good)) if filled else ((views.PODS, wrong),)
    claims = (claim(over, key, bad) for over, bad in views_of for key in _CONTAINERS)
    return Expressed(rule, Severity.ERROR, always(*claims))


def _tolerates(wanted: Toleration, over: View) -> Claim:
    fields = {
        "key": wanted.key.value,
        "operator": wanted.operator,
        "value": wanted.value,
        "effect": wanted.effect,
    }
    shown = ", ".join(f"{name}: {value}" for name, value in fields.items() if value)
    same = both(*(_same(name, value) for name, value in fields.items()))
    return Claim(
        over, both(present(field("spec")), Not(Some(field("spec", "tolerations"), same))),
        (f"pods lack the toleration {{{shown}}}",), (f"add `{{{shown}}}` to `tolerations`",),
        at=("spec", "tolerations"), whole=True,
        default=Append(f"tolerate {wanted.key.value}", ("spec", "tolerations"),
                       {name: value for name, value in fields.items() if value}, safe=True),
    )  # fmt: skip


def _same(name: str, value: str) -> Term:
    there = field(name)
    if name == "operator" and value == "Equal":
        return In(there, ("", "Equal"))
    return equals(there, value) if value else Blank(there)

"""Which policies a cluster gets, and what each answers to what it finds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from backstay.claims import baseline
from backstay.claims.claim import Expressed, Installed
from backstay.claims.exemption import not_of
from backstay.claims.policy import Policy, policies
from backstay.claims.registry import EXPRESSED
from backstay.core.fact import Fact
from backstay.emit.parts import Body
from backstay.model.admission import Admission, Answer
from backstay.model.cluster import Cluster

CHANGED = (
    "request.operation == 'CREATE' || object.?spec != oldObject.?spec || object.?data != oldObject.?data"
    " || object.metadata.?labels != oldObject.metadata.?labels"
    " || object.metadata.?annotations != oldObject.metadata.?annotations"
)
"""True where a request says something new: a fault of long ago may not keep finalizers from being taken away."""


@dataclass(frozen=True, slots=True)
class Meant:
    """A policy under its name, and what is done about what it finds."""

    name: str
    policy: Policy
    answer: Fact[Answer]
    conditions: tuple[tuple[str, str], ...] = ()
    """What must hold of a request for it to be judged, beside that it says something new: names and expressions."""


def meant(cluster: Cluster, admission: Admission) -> Iterator[Meant]:
    """The policies of a cluster in the order of ids; those that are off are left out."""
    installed = installed_in(cluster)
    for expressed in sorted(_asked(admission), key=lambda one: one.rule):
        for policy in policies(expressed, installed):
            answer = admission.stated(policy.rule, cluster.tuning.severity(policy.rule, policy.severity))
            exempt = cluster.tuning.exempt(policy.rule)
            extra = "" if policy.severity is expressed.severity else f"-{policy.severity.value}"
            if answer.value is not Answer.OFF and "" not in exempt:
                yield Meant(f"backstay-{policy.rule.lower()}{extra}", policy, answer, _conditions(exempt))


def installed_in(cluster: Cluster) -> Installed:
    """What claims may depend on in a cluster."""
    return Installed(cluster.features, cluster.versions, cluster.tuning.parameters)


def named(expressions: Iterable[tuple[str, str]]) -> list[Body]:
    """Names and expressions as both engines have them."""
    return [{"name": name, "expression": text} for name, text in expressions]


def _asked(admission: Admission) -> tuple[Expressed, ...]:
    return (*EXPRESSED, *of_baseline(admission))


def of_baseline(admission: Admission) -> Iterator[Expressed]:
    """The claims of the cluster's baseline."""
    if admission.baseline is not None:
        yield from baseline.expressed(admission.baseline, admission.defaults.value)


def _conditions(exempt: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return (("nobody-answers-for-it", not_of(exempt)),) if exempt else ()

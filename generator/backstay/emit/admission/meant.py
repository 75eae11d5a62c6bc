"""Which policies a cluster gets, and what each answers to what it finds."""

from collections.abc import Iterator
from dataclasses import dataclass

from backstay.claims import baseline
from backstay.claims.claim import Expressed, Installed
from backstay.claims.policy import Policy, policies
from backstay.claims.registry import EXPRESSED
from backstay.core.diagnostic import Severity
from backstay.core.fact import Fact
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


def meant(cluster: Cluster, admission: Admission) -> Iterator[Meant]:
    """The policies of a cluster in the order of ids; those that are off are left out."""
    installed = Installed(cluster.features, cluster.versions)
    for expressed in sorted(_asked(admission), key=lambda one: one.rule):
        for policy in policies(expressed, installed):
            answer = admission.rules.get(policy.rule) or _by_severity(admission, policy.severity)
            extra = "" if policy.severity is expressed.severity else f"-{policy.severity.value}"
            if answer.value is not Answer.OFF:
                yield Meant(f"backstay-{policy.rule.lower()}{extra}", policy, answer)


def _asked(admission: Admission) -> tuple[Expressed, ...]:
    return (*EXPRESSED, *(baseline.expressed(admission.baseline) if admission.baseline else ()))


def _by_severity(admission: Admission, severity: Severity) -> Fact[Answer]:
    return admission.errors if severity is Severity.ERROR else admission.warnings

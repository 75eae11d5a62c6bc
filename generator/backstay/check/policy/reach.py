"""Excuses that do not reach a cluster's admission policies: those of a place of the spec, which no object carries."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from backstay.check.policy.rules import UNREACHED
from backstay.claims.registry import known
from backstay.core.diagnostic import Diagnostic, ObjectRef
from backstay.model.admission import Answer
from backstay.model.cluster import Cluster


def unreached(found: Iterable[Diagnostic], cluster: Cluster | None) -> Iterator[Diagnostic]:
    """A finding for every excused one whose object the cluster denies, once for each rule and object."""
    told = set()
    for one in found if cluster is not None else ():
        ref = one.object
        if cluster and ref and one.waived and (one.rule, ref) not in told and _denied(one, ref, cluster):
            told.add((one.rule, ref))
            yield UNREACHED.report(
                f"{one.rule} is excused here, and the cluster denies {ref} all the same", at=one.place, object=ref,
                help=f"waive it by `object: {_words(ref)}` in policies/waivers.yaml, or write `admission: {{rules: {{{one.rule}: warn}}}}`",
            )  # fmt: skip


def _denied(one: Diagnostic, ref: ObjectRef, cluster: Cluster) -> bool:
    if cluster.admission is None or one.rule not in known():
        return False
    answer = cluster.admission.answer(one.rule, one.severity)
    exempt = cluster.tuning.exempt(one.rule)
    names = (f"{ref.kind}/{ref.name}", f"{ref.kind}/{ref.namespace}/{ref.name}")
    return answer is Answer.DENY and not any(
        fnmatchcase(name, glob or "*") for glob in exempt for name in names
    )


def _words(ref: ObjectRef) -> str:
    return "/".join(part for part in (ref.kind, ref.namespace, ref.name) if part)

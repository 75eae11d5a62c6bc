"""From an API version and a kind to the schema that judges it, or to the reason why there is none."""

from dataclasses import dataclass, replace
from functools import cache

from backstay.check.schemas import kubernetes, rules, shelf
from backstay.check.schemas.phrases import closest, listed
from backstay.check.schemas.rules import Flaw
from backstay.check.schemas.versions import Lookup, SchemaSet, nearest
from backstay.check.schemas.walk import Schema

# API groups in which projects beside those of the shelf have kinds too (mpi-operator, Argo Rollouts and Events).
_SHARED_GROUPS = frozenset({"argoproj.io", "kubeflow.org"})


@dataclass(frozen=True, slots=True)
class Source:
    """Where a kind's schema is: a file of the shelf, or (`file` None) Kubernetes' own of `line`."""

    lookup: Lookup
    line: str
    api_version: str
    kind: str
    file: str | None = None

    def read(self) -> Schema:
        """The schema with everything that it refers to."""
        if self.file is None:
            return kubernetes.schema_of(self.line, self.api_version, self.kind)
        schema = shelf.read(self.file)
        defs = kubernetes.object_meta(self.line) | schema.get("$defs", {})
        return schema | {"$defs": defs}


@cache
def find(schemas: SchemaSet, api_version: str, kind: str) -> Source | Flaw:
    """The schema of a kind under an API version for a cluster's versions, or what is wrong instead."""
    for name, value in (("apiVersion", api_version), ("kind", kind)):
        if not value:
            return Flaw(rules.MISSING_FIELD, (name,), f"`{name}` is missing")
    if api_version.rpartition("/")[0] in kubernetes.GROUPS:
        return _own(schemas, api_version, kind)
    return _custom(schemas, api_version, kind)


def _own(schemas: SchemaSet, api_version: str, kind: str) -> Source | Flaw:
    lookup = nearest("kubernetes", schemas.asked("kubernetes"), kubernetes.lines())
    if lookup.used is None:
        return _unjudged(lookup, api_version, kind)
    if kubernetes.serves(lookup.used, api_version, kind):
        return Source(lookup, lookup.used, api_version, kind)
    missing = _unserved(lookup, api_version, kind, kubernetes.served(lookup.used, kind))
    near = None if missing.help else closest(kind, kubernetes.kinds(lookup.used))
    return replace(missing, help=f"did you mean `{near}`?") if near else missing


def _custom(schemas: SchemaSet, api_version: str, kind: str) -> Source | Flaw:
    entry = shelf.entry(api_version, kind)
    if entry is None:
        return _stranger(schemas, api_version, kind)
    lookup = nearest(entry.product, schemas.asked(entry.product), entry.lines)
    if lookup.used is None:
        return _unjudged(lookup, api_version, kind)
    file = entry.file(lookup.used)
    if file is None:
        return _unserved(lookup, api_version, kind, _elsewhere(lookup, api_version, kind))
    server = nearest("kubernetes", schemas.asked("kubernetes"), kubernetes.lines())
    return Source(lookup, server.used or kubernetes.lines()[0], api_version, kind, file)


def _stranger(schemas: SchemaSet, api_version: str, kind: str) -> Flaw:
    """A kind that is not known under its API version, though perhaps under another of the same group."""
    group = api_version.rpartition("/")[0]
    for other, entry in shelf.entries(kind):
        if other.rpartition("/")[0] == group and group not in _SHARED_GROUPS:
            lookup = nearest(entry.product, schemas.asked(entry.product), entry.lines)
            return _unserved(lookup, api_version, kind, _elsewhere(lookup, api_version, kind))
    near = closest(kind, shelf.kinds(group))
    help_ = f"did you mean `{near}`?" if near else ""
    return Flaw(rules.UNJUDGED_KIND, (), f"no schema of `{kind}` under `{api_version}` is at hand", help_)


def _elsewhere(lookup: Lookup, api_version: str, kind: str) -> list[str]:
    """The other API versions of the group under which the judging version serves a kind."""
    group = api_version.rpartition("/")[0]
    same = [(other, entry) for other, entry in shelf.entries(kind) if other.rpartition("/")[0] == group]
    return [other for other, entry in same if lookup.used and entry.file(lookup.used)]


def _unserved(lookup: Lookup, api_version: str, kind: str, elsewhere: list[str]) -> Flaw:
    """A kind that the judging version does not have; a newer one than that may well have it."""
    if not lookup.exact or lookup.used is None:
        return _unjudged(lookup, api_version, kind)
    message = f"{lookup.title} serves no `{kind}` under `{api_version}`"
    help_ = f"it is served under {listed(elsewhere, 'and')}" if elsewhere else ""
    return Flaw(rules.UNSERVED_KIND, (), message, help_)


def _unjudged(lookup: Lookup, api_version: str, kind: str) -> Flaw:
    message = f"no schema of `{kind}` under `{api_version}` is at hand for {lookup.name} {lookup.asked}"
    return Flaw(rules.UNJUDGED_KIND, (), message)

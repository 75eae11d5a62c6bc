"""Whom a policy is for: `@policy(kinds="Deployment,apps/*", labels="env in (prod,staging),!legacy")`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from backstay.core.diagnostic import ObjectRef, Severity

_KEYS = ("kinds", "namespaces", "names", "labels", "severity", "patches")
_TERM = re.compile(
    r"\s*(?:!\s*(?P<absent>[\w./-]+)"
    r"|(?P<key>[\w./-]+)\s*(?:(?P<set>\bin|\bnotin)\s*\((?P<values>[^()]*)\)|(?P<op>==|!=|=)\s*(?P<value>[\w./-]*))?)\s*(?:,|\Z)"
)
_OWN = "kustomize.config.k8s.io/"
"""Files for kustomize are no objects of a cluster: only a policy that names their group sees them."""


class Unclear(ValueError):  # noqa: N818 - it names what was met, as a person would say it
    """A selection that cannot be read; the words say what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a label selector: the label's value is, or is not, one of some (None: any)."""

    key: str
    values: frozenset[str] | None
    negated: bool

    def fits(self, labels: Mapping[object, object]) -> bool:
        """As Kubernetes judges it: a label that is absent is not one of any values."""
        there = self.key in labels and (self.values is None or str(labels[self.key]) in self.values)
        return there is not self.negated


@dataclass(frozen=True, slots=True)
class Selection:
    """Kinds, namespaces and names are patterns (`*`), any of which has to fit; all labels have to."""

    kinds: tuple[str, ...] = ("*",)
    namespaces: tuple[str, ...] = ("*",)
    names: tuple[str, ...] = ("*",)
    labels: tuple[Term, ...] = ()
    severity: Severity | None = None
    patches: bool = False

    def suits(self, ref: ObjectRef, *, partial: bool) -> bool:
        """Whether an object of such a kind may be meant, or with `patches` a patch of one."""
        return (self.patches or not partial) and any(_is(ref, kind) for kind in self.kinds)

    def picks(self, ref: ObjectRef, value: Mapping[str, object]) -> bool:
        """Whether an object of a kind that suits is meant."""
        if not (_any(ref.namespace, self.namespaces) and _any(ref.name, self.names)):
            return False
        if not self.labels:
            return True
        labels = _labels(value)
        return all(term.fits(labels) for term in self.labels)


def selection(arguments: Mapping[str, str]) -> Selection:
    """From the arguments of `@policy`; `Unclear` when they are not clear."""
    unknown = sorted(set(arguments) - set(_KEYS))
    if unknown:
        raise Unclear(f"`@policy` has no `{unknown[0]}`, only {', '.join(_KEYS)}")
    severity = arguments.get("severity")
    if severity is not None and severity not in {one.value for one in Severity}:
        raise Unclear(f"`{severity}` is no severity: write error, warning or info")
    return Selection(
        _patterns(arguments, "kinds"), _patterns(arguments, "namespaces"), _patterns(arguments, "names"),
        tuple(_terms(arguments.get("labels", ""))), None if severity is None else Severity(severity),
        "patches" in arguments,
    )  # fmt: skip


def _patterns(arguments: Mapping[str, str], key: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in arguments.get(key, "*").split(","))
    if not all(found):
        raise Unclear(f"`{key}` has an empty name")
    return found


def _terms(text: str) -> Iterator[Term]:
    at = 0
    while at < len(text):
        term = _TERM.match(text, at)
        if term is None:
            raise Unclear(
                f"`{text[at:]}` is no label selector: write `env=prod`, `env in (a,b)`, `env` or `!env`"
            )
        yield _term(term)
        at = term.end()


def _term(term: "re.Match[str]") -> Term:
    if term["absent"] is not None:
        return Term(term["absent"], None, negated=True)
    if term["set"] is not None:
        values = frozenset(value.strip() for value in term["values"].split(","))
        return Term(term["key"], values, term["set"] == "notin")
    if term["op"] is not None:
        return Term(term["key"], frozenset({term["value"]}), term["op"] == "!=")
    return Term(term["key"], None, negated=False)


def _is(ref: ObjectRef, pattern: str) -> bool:
    group = ref.apiVersion.rpartition("/")[0]
    if "/" in pattern:
        return fnmatchcase(f"{group}/{ref.kind}", pattern)
    return f"{group}/" != _OWN and fnmatchcase(ref.kind, pattern)


def _any(text: str, patterns: tuple[str, ...]) -> bool:
    return patterns == ("*",) or any(fnmatchcase(text, pattern) for pattern in patterns)


def _labels(value: Mapping[str, object]) -> Mapping[object, object]:
    metadata = value.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, Mapping) else None
    return labels if isinstance(labels, Mapping) else {}

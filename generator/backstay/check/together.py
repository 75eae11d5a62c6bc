"""Which rules have to see objects together. Every other rule judges each object for itself, and then lets it go.

What is said here holds for manifests alone: a rule that relates objects to a model sees all of them. A rule relates
objects only where words stand in the tree that it relates them by: without a ResourceQuota, no container is refused for
one. Where none of its words stands, it too judges each object for itself; so most trees, however large, need little
memory. Words are looked for in the raw text: they are kinds, names and fields that cannot be written otherwise.

The tests hold every rule against this table: judged together and one by one, the same is found.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from backstay.check.engine import MODEL_PARTS
from backstay.check.registry import CHECKS
from backstay.check.rule import Check


@dataclass(frozen=True, slots=True)
class Bond:
    """The words by which a rule relates objects, and the kinds that it relates: what it reads, if nothing else is said."""

    words: frozenset[str]
    kinds: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """How rules judge a tree: those that take objects one by one, those that take them together, and what these need.

    `kinds` None: everything.
    """

    apart: tuple[Check, ...]
    together: tuple[Check, ...]
    kinds: frozenset[str] | None

    def keeps(self, kind: str) -> bool:
        """Whether an object of a kind is needed after its own judgement."""
        return self.kinds is None or kind in self.kinds


def _bond(*words: str, kinds: frozenset[str] | None = None) -> Bond:
    return Bond(frozenset(words), kinds)


_PIPELINES = _bond(
    "artifact-repositories", "kfp-launcher", "metadata-grpc-deployment", "ml-pipeline", "pipeline-install-config",
    "pipeline-runner", "pipelines-profile-controller", "workflow-controller",
)  # fmt: skip
_RECOVERY = _bond("config.kueue.x-k8s.io", "kueue-controller-manager", "NodeHealthCheck")
_SIDECARS = _bond("defaultConfig", "istio-sidecar-injector", "istiod")
_BONDS: Final[Mapping[str, Bond]] = {
    "JOB003": _RECOVERY,
    "JOB004": _RECOVERY,
    "JOB005": _RECOVERY,
    "JOB008": _RECOVERY,
    "JOB014": _bond("KubeletConfiguration"),
    "JOB018": _bond("TrainJob"),
    "JOB025": _bond("TrainingRuntime"),
    "JOB027": _bond("config.jobset.x-k8s.io"),
    "JOB036": _bond("ResourceQuota"),
    "JOB038": _bond("config.kueue.x-k8s.io"),
    "MSH007": _bond("Sidecar"),
    "MSH008": _bond("http2KeepAlive", "maxConcurrentStreams"),
    "MSH009": _bond("http2KeepAlive"),
    "MSH022": _bond("VirtualService", kinds=frozenset({"DestinationRule", "VirtualService"})),
    "MSH023": _bond("http2MaxRequests"),
    "MSH028": _SIDECARS,
    "MSH029": _SIDECARS,
    "MSH030": _SIDECARS,
    "MSH031": _bond("EnvoyFilter"),
    "MSH032": _bond("EnvoyFilter"),
    "MSH033": _bond("EnvoyFilter"),
    "MSH034": _bond("defaultConfig"),
    "MSH041": _bond("config-defaults"),
}


@cache
def words() -> frozenset[str]:
    """Every word that some rule relates objects by."""
    return frozenset(word for check in CHECKS for word in _bond_of(check).words)


def split(there: Collection[str]) -> Split:
    """How the rules judge a tree in which some of the words stand."""
    together = tuple(check for check in CHECKS if not _bond_of(check).words.isdisjoint(there))
    apart = tuple(check for check in CHECKS if check not in together)
    kinds = (_bond_of(check).kinds or check.reads - MODEL_PARTS for check in together)
    return Split(apart, together, frozenset().union(*kinds))


EVERYTHING: Final = Split((), CHECKS, None)
"""Where there is a model: every rule sees every object."""

_ALONE: Final = Bond(frozenset())


def _bond_of(check: Check) -> Bond:
    if check.rule.id.startswith("KFP"):
        return _PIPELINES
    return _BONDS.get(check.rule.id, _ALONE)

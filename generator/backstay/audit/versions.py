"""What runs, as far as manifests show it: images, labels, install configuration, nodes, definitions. Never more than that."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from backstay.audit.releases import Releases
from backstay.audit.rules import OTHER_RELEASE
from backstay.check import look
from backstay.check.context import Item
from backstay.core.diagnostic import Diagnostic, Related
from backstay.core.feature import Feature
from backstay.upstream.catalog import SYSTEMS, features
from backstay.upstream.images import system_of, system_of_part, version_in, version_of
from backstay.upstream.versions import System

_GROUPS = {
    "istio.io": "istio", "kueue.x-k8s.io": "kueue", "jobset.x-k8s.io": "jobset", "argoproj.io": "workflows",
    "trainer.kubeflow.org": "trainer",
}  # fmt: skip
_OPERATOR_KINDS = frozenset({"PyTorchJob", "TFJob", "MPIJob", "XGBoostJob", "JAXJob", "PaddleJob"})
_ARGO_KINDS = frozenset({"Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow"})
_NAMES = {
    "kfp-launcher": "pipelines", "ml-pipeline": "pipelines", "ml-pipeline-ui": "pipelines",
    "pipeline-install-config": "pipelines", "metadata-grpc-deployment": "pipelines",
    "workflow-controller-configmap": "workflows", "workflow-controller": "workflows",
}  # fmt: skip
_LABELS = ("metadata", "labels")
_SERVER, _IMAGE, _LABEL, _DEFINITION = 0, 1, 2, 3
_NAME = ("metadata", "name")
_SHOWN = 3
_OPERATOR_LABEL = "operator.istio.io/version"


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that tells a version: how good it is as evidence (0 is best), and what it is, in words."""

    system: str
    version: str
    rank: int
    words: str


@dataclass(frozen=True, slots=True)
class Definition:
    """A CustomResourceDefinition that tells which releases it can be of."""

    item: Item
    name: str
    releases: Releases


@dataclass(frozen=True, slots=True)
class Versions:
    """What is known to run. `exact` as it was written, `lines` as `major.minor`; `notes` say what is not known."""

    exact: Mapping[str, str]
    lines: Mapping[str, str]
    notes: tuple[str, ...]
    told: tuple[str, ...] = ()
    """Each version with what shows it, in words."""
    unknown: frozenset[str] = frozenset()
    """The systems whose rules are silent: objects ask for their versions, and nothing tells these."""
    found: tuple[Diagnostic, ...] = ()
    """Definitions of another release than the one that runs."""

    @property
    def features(self) -> frozenset[Feature]:
        """The features of all of them together."""
        return features(**{name: self.exact[name] for name in self.lines})


class Signs:
    """Gathers what objects tell of versions, one object after the other."""

    def __init__(self) -> None:
        self._signs: dict[str, dict[str, Sign]] = {}
        self._asked: set[str] = set()
        self._definitions: dict[str, list[Definition]] = {}

    def add(self, item: Item) -> None:
        """Take an object's signs in."""
        self._asked |= set(_asks(item))
        for sign in _signs(item):
            known = self._signs.setdefault(sign.system, {})
            if sign.version not in known or sign.rank < known[sign.version].rank:
                known[sign.version] = sign

    def add_server(self, version: str | None) -> None:
        """Take in what an API server says of itself, which comes before what nodes and images show."""
        for sign in _sign("kubernetes", version, _SERVER, "the API server"):
            self._signs.setdefault(sign.system, {})[sign.version] = sign

    def add_definitions(self, definitions: Iterable[Definition]) -> None:
        """Take in what definitions tell of the releases that they are of."""
        for one in definitions:
            self._definitions.setdefault(one.releases.product, []).append(one)

    def versions(self, stated: Mapping[str, str]) -> Versions:
        """What runs: as stated, else as the best signs agree."""
        exact: dict[str, str] = dict(stated)
        words = dict.fromkeys(stated, "as it is stated")
        notes: list[str] = []
        for system in SYSTEMS.values():
            if system.name in stated:
                continue
            signs = _best(self._signs.get(system.name, {}).values()) or self._of_definitions(system.name)
            if len(signs) == 1:
                exact[system.name], words[system.name] = signs[0].version, signs[0].words
            elif signs or system.name in self._asked or self._definitions.get(system.name):
                notes.append(self._unknown(system, signs))
        lines = {
            name: line for name in exact if name in SYSTEMS and (line := SYSTEMS[name].line(exact[name]))
        }
        unsupported = (name for name in exact if name in SYSTEMS and name not in lines)
        notes += [f"{SYSTEMS[name].title} {exact[name]} is not supported: rules that ask for it are silent"
                  for name in unsupported]  # fmt: skip
        told = (
            f"{SYSTEMS[name].title} {exact[name]}: {words[name]}"
            for name in SYSTEMS
            if name in exact.keys() - stated.keys()
        )
        unknown = (self._asked | self._definitions.keys()) - lines.keys()
        return Versions(
            exact, lines, tuple(notes), tuple(told), frozenset(unknown), tuple(self._others(lines, words))
        )

    def _of_definitions(self, system: str) -> list[Sign]:
        """The line that all definitions of a system leave, as a sign."""
        left = _together(self._definitions.get(system, ()))
        words = _listed(one.name for one in self._definitions.get(system, ()))
        return (
            [Sign(system, left.only, _DEFINITION, f"the definitions of {words}")]
            if left and left.only
            else []
        )

    def _unknown(self, system: System, signs: list[Sign]) -> str:
        """Why a version is not known: nothing shows it, or several things show several."""
        give = _give(system.name)
        if signs:
            told = " and ".join(f"{one.version} ({one.words})" for one in signs[:_SHOWN])
            return f"{system.title} is {told}: rules that ask which are silent; {give}"
        known = self._definitions.get(system.name, ())
        left = _together(known)
        if left is not None:
            return f"which {system.title} runs is not known beyond {left}, which its definitions are of: rules that ask for it are silent; {give}"
        if known:
            told = ", ".join(f"{one.name} of {one.releases}" for one in known[:_SHOWN])
            return f"{system.title}'s definitions are of several releases ({told}): rules that ask for it are silent; {give}"
        return f"which {system.title} runs is not known: rules that ask for it are silent; {give}"

    def _others(self, lines: Mapping[str, str], words: Mapping[str, str]) -> Iterator[Diagnostic]:
        """Definitions that are surely not of the release that runs: one finding for each system."""
        for system, line in lines.items():
            other = [
                one for one in self._definitions.get(system, ())
                if line in one.releases.at_hand and line not in one.releases.lines
            ]  # fmt: skip
            if other:
                yield _of_another(other, SYSTEMS[system].title, line, words[system])


def _together(known: Sequence[Definition]) -> Releases | None:
    """What all definitions of a system can be of; None where there is none, or no release has them all."""
    if not known:
        return None
    left = known[0].releases
    for one in known[1:]:
        left = left.narrowed(one.releases)
    return left if left.lines else None


def _of_another(other: Sequence[Definition], title: str, line: str, words: str) -> Diagnostic:
    left, first = _together(other), other[0]
    of = f"{title} {left}" if left else f"other releases of {title}"
    what = (
        f"the definition of {first.name} is"
        if len(other) == 1
        else f"the definitions of {_listed(one.name for one in other)} are"
    )
    beside = (Related(one.item.place_of(_NAME), f"the definition of {one.name}") for one in other[1:])
    return OTHER_RELEASE.report(
        f"{what} of {of}, and {line} runs ({words})", at=first.item.place_of(_NAME), object=first.item.ref, field=_NAME,
        related=tuple(beside), help=f"apply the definitions of {title} {line}: Helm leaves those that are there as they are",
    )  # fmt: skip


def _listed(names: Iterable[str]) -> str:
    known = sorted(set(names))
    rest = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return ", ".join(known[:_SHOWN]) + rest


def _best(signs: Iterable[Sign]) -> list[Sign]:
    """The signs of the best rank that there is; of several patch levels of one line, the oldest."""
    ranked = sorted(signs, key=lambda sign: (sign.rank, [int(part) for part in sign.version.split(".")]))
    lines: dict[str, Sign] = {}
    for sign in ranked:
        if sign.rank == ranked[0].rank:
            lines.setdefault(".".join(sign.version.split(".")[:2]), sign)
    return list(lines.values())


def _give(name: str) -> str:
    return f"give --platform {name.replace('_', '-')}=..."


def _signs(item: Item) -> Iterator[Sign]:
    yield from _of_images(item)
    if item.ref.kind == "Node":
        told = look.text(look.at(item.value, "status", "nodeInfo", "kubeletVersion"))
        yield from _sign("kubernetes", told, _IMAGE, f"{item.ref}")
    if item.ref.kind == "ConfigMap" and item.ref.name == "pipeline-install-config":
        yield from _sign("pipelines", look.text(look.data(item).get("appVersion")), _LABEL, f"{item.ref}")
    operator = look.text(look.at(item.value, *_LABELS, _OPERATOR_LABEL))
    yield from _sign("istio", operator, _LABEL, f"the labels of {item.ref}")
    version = look.text(look.at(item.value, *_LABELS, "app.kubernetes.io/version"))
    for label in ("name", "part-of") if version else ():
        name = look.text(look.at(item.value, *_LABELS, f"app.kubernetes.io/{label}"))
        system = system_of_part(name or "")
        if system:
            yield from _sign(system, version, _LABEL, f"the labels of {item.ref}")


def _of_images(item: Item) -> Iterator[Sign]:
    if item.partial:
        return
    for container in look.containers(item):
        image = look.text(container.value.get("image")) or ""
        system = system_of(image)
        version = version_of(image) if system else None
        if system and version:
            yield Sign(system, version, _IMAGE, f"an image of {item.ref}")


def _sign(system: str, written: str | None, rank: int, words: str) -> Iterator[Sign]:
    version = version_in(written) if written else None
    if version:
        yield Sign(system, version, rank, words)


def _asks(item: Item) -> Iterator[str]:
    """The systems that an object is for: their versions matter."""
    kind, name = item.ref.kind, item.ref.name
    group = item.ref.apiVersion.rpartition("/")[0]
    if kind in _OPERATOR_KINDS and group == "kubeflow.org":
        yield "training_operator"
    elif kind.startswith("Zenml"):
        yield "zenml"
    elif group == "argoproj.io":
        yield from ("workflows",) if kind in _ARGO_KINDS else ()
    else:
        yield from (
            system for ending, system in _GROUPS.items() if group == ending or group.endswith(f".{ending}")
        )
        if not group or group in {"apps", "batch", "policy"}:
            yield "kubernetes"
    if kind in {"ConfigMap", "Deployment"} and name in _NAMES:
        yield _NAMES[name]

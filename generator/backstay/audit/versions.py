"""What runs, as far as manifests show it: images, labels, install configuration, nodes. Never more than they show."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Item
from backstay.core.feature import Feature
from backstay.upstream.catalog import SYSTEMS, features
from backstay.upstream.images import system_of, system_of_part, version_in, version_of

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
_SERVER, _IMAGE, _LABEL = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that tells a version: how good it is as evidence (0 is best), and what it is, in words."""

    system: str
    version: str
    rank: int
    words: str


@dataclass(frozen=True, slots=True)
class Versions:
    """What is known to run. `exact` as it was written, `lines` as `major.minor`; `notes` say what is not known."""

    exact: Mapping[str, str]
    lines: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def features(self) -> frozenset[Feature]:
        """The features of all of them together."""
        return features(**{name: self.exact[name] for name in self.lines})


class Signs:
    """Gathers what objects tell of versions, one object after the other."""

    def __init__(self) -> None:
        self._signs: dict[str, dict[str, Sign]] = {}
        self._asked: set[str] = set()

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

    def versions(self, stated: Mapping[str, str]) -> Versions:
        """What runs: as stated, else as the best signs agree."""
        exact: dict[str, str] = dict(stated)
        notes: list[str] = []
        for system in SYSTEMS.values():
            if system.name in stated:
                continue
            signs = _best(self._signs.get(system.name, {}).values())
            if len(signs) == 1:
                exact[system.name] = signs[0].version
            elif signs:
                told = " and ".join(f"{one.version} ({one.words})" for one in signs[:3])
                notes.append(
                    f"{system.title} is {told}: rules that ask which are silent; {_give(system.name)}"
                )
            elif system.name in self._asked:
                notes.append(f"which {system.title} runs is not known: rules that ask for it are silent; "
                             f"{_give(system.name)}")  # fmt: skip
        lines = {
            name: line for name in exact if name in SYSTEMS and (line := SYSTEMS[name].line(exact[name]))
        }
        unsupported = (name for name in exact if name in SYSTEMS and name not in lines)
        notes += [f"{SYSTEMS[name].title} {exact[name]} is not supported: rules that ask for it are silent"
                  for name in unsupported]  # fmt: skip
        return Versions(exact, lines, tuple(notes))


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

"""The objects of a running cluster: every kind that rules or schemas know, without what the server and controllers add.

Left out: Secrets, which are never asked for; what a controller made of an object that is judged itself; runs that are
over, which nobody mends.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from backstay.check import look
from backstay.check.context import Item
from backstay.check.engine import MODEL_PARTS
from backstay.check.registry import CHECKS
from backstay.check.schemas import kubernetes, shelf
from backstay.cluster.api import Api, connect
from backstay.cluster.kubeconfig import access
from backstay.cluster.listing import Listed, Served, list_all, served, server_version
from backstay.core.failure import CannotTell
from backstay.core.manifest import ref_of
from backstay.core.place import Place
from backstay.core.route import Route

DEFINITION: Final = "CustomResourceDefinition"
_NEVER: Final = frozenset({"Secret"})
_GROUPS: Final = frozenset({"kubeflow.org", "karpenter.sh"})
"""Groups of kinds that rules read and of which no schema is at hand."""
_SERVERS_OWN: Final = (
    "creationTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_RUNS: Final = frozenset({
    "JAXJob", "Job", "JobSet", "MPIJob", "PaddleJob", "Pod", "PyTorchJob", "TFJob", "TrainJob", "Workflow", "Workload",
    "XGBoostJob",
})  # fmt: skip
_OVER: Final = frozenset({"Complete", "Completed", "Error", "Failed", "Finished", "Succeeded"})
_QUERIES: Final = {
    "Workflow": {"labelSelector": "workflows.argoproj.io/completed!=true"},
    "Pod": {"fieldSelector": "status.phase!=Succeeded,status.phase!=Failed"},
}
_MAKERS: Final = frozenset(
    {"CronJob", "CronWorkflow", "DaemonSet", "Deployment", "Node", "ReplicaSet", "StatefulSet", *_RUNS}
)
"""Kinds that say all that there is to say about what their controllers make of them."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """What a cluster holds: its objects, its server's version, and what was not read, in words."""

    items: list[Item]
    version: str | None
    notes: list[str]


@dataclass
class _Keeper:
    """Takes each object as somebody applied it, and counts what is left out."""

    left_out: Counter[str] = field(default_factory=Counter)

    def keep(self, value: Mapping[str, object]) -> Mapping[str, object] | None:
        if self._owner(value) in _MAKERS:
            self.left_out["made by a controller of an object that is judged"] += 1
            return None
        if value.get("kind") in _RUNS and _is_over(value):
            self.left_out["over"] += 1
            return None
        return as_applied(value)

    @staticmethod
    def _owner(value: Mapping[str, object]) -> str | None:
        owners = look.entries(look.at(value, "metadata", "ownerReferences"))
        return next((look.text(one.get("kind")) for one, _ in owners if one.get("controller") is True), None)


def read_cluster(context: str | None) -> Cluster:
    """The objects that the cluster of a kubeconfig's context holds.

    Raises UnknownContext for a context that is not there, CannotTell when nothing can be read.
    """
    with connect(access(context)) as api:
        return _read(api)


def _read(api: Api) -> Cluster:
    kinds = served(api, _wanted)
    keeper = _Keeper()
    listed = list(list_all(api, kinds, _QUERIES, keeper.keep))
    refused = [one for one in listed if one.refused]
    if kinds and len(refused) == len(kinds):
        raise CannotTell(f"{api.server} lets nothing be listed: {refused[0].refused}",
                         "ask for the verb list, or judge what `kubectl get -n NAMESPACE -o yaml` prints: `backstay audit -`")  # fmt: skip
    items = [_item(value) for one in listed for value in one.objects]
    return Cluster(items, server_version(api), [*map(_unread, refused), *_notes(keeper)])


@cache
def _known() -> Mapping[str, frozenset[str]]:
    """The kinds with a schema of custom resources, by group."""
    return {group: frozenset(shelf.kinds(group)) for group in shelf.groups()}


@cache
def _read_by_rules() -> frozenset[str]:
    return frozenset(kind for check in CHECKS for kind in check.reads - MODEL_PARTS) - _NEVER


def _wanted(group: str, kind: str) -> bool:
    """Whether a kind is read; without a kind, whether some of the group are."""
    if not kind:
        return group in kubernetes.GROUPS | _GROUPS | _known().keys()
    return kind == DEFINITION or kind in _read_by_rules() or kind in _known().get(group, ())


def as_applied(value: Mapping[str, object]) -> Mapping[str, object]:
    """An object without what only servers and controllers write; a Node's status stays, as it tells versions."""
    metadata = {
        key: told for key, told in look.mapping(value.get("metadata")).items() if key not in _SERVERS_OWN
    }
    annotations = look.mapping(metadata.get("annotations"))
    if _APPLIED in annotations:
        metadata["annotations"] = {key: told for key, told in annotations.items() if key != _APPLIED}
    kept = {key: told for key, told in value.items() if key != "status" or value.get("kind") == "Node"}
    return {**kept, "metadata": metadata}


def _is_over(value: Mapping[str, object]) -> bool:
    if look.at(value, "status", "phase") in _OVER:
        return True
    conditions = look.entries(look.at(value, "status", "conditions"))
    return any(one.get("type") in _OVER and one.get("status") == "True" for one, _ in conditions)


def _item(value: Mapping[str, object]) -> Item:
    return Item(ref_of(value), value, False, "", _place, lambda _route: False)  # noqa: FBT003 - a field


def _place(route: Route) -> Place:
    """A field of an object that stands in no file."""
    return Place(route=route)


def _unread(listed: Listed) -> str:
    return f"{_name(listed.served)} not judged, as the server does not list them: {listed.refused}"


def _name(one: Served) -> str:
    group = one.api_version.rpartition("/")[0]
    return f"{one.plural}.{group}" if group else one.plural


def _notes(keeper: _Keeper) -> Iterator[str]:
    for words, count in sorted(keeper.left_out.items()):
        yield f"left out: {count} object{'' if count == 1 else 's'} {words}"

"""Output against output: what a cluster's overlay is made of now, against what it was made of."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from backstay.core.diagnostic import ObjectRef
from backstay.core.manifest import Role, ref_of
from backstay.diff.change import Change, Difference
from backstay.diff.compare import differences
from backstay.diff.how import both_ways
from backstay.diff.identity import key_of
from backstay.diff.plan import Planned, extra

Object = Mapping[str, object]
Slot = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Former:
    """One object out of a file of an older overlay; `file` is relative to the cluster's folder, with `/`."""

    cluster: str
    file: str
    value: Object


def against_tree(planned: Sequence[Planned], former: Iterable[Former]) -> Iterator[Change]:
    """What was added, removed and changed, in whole objects and in fields of either side.

    An object is the same wherever its file is and whatever version it is looked at by; of several patches of one
    object each is held against the one in its own file.
    """
    old: dict[Slot, list[Former]] = {}
    for one in former:
        old.setdefault(_slot(one.file, role_of(one.file), one.value), []).append(one)
    kept = {one.settled.file for one in planned}
    for now in planned:
        was = _taken(old.get(_slot(now.settled.file, now.settled.role, now.settled.value), []), now, kept)
        if was is None:
            yield now.missing()
        else:
            yield from (now.change(found, {}) for found in _differences(now, was.value))
    yield from (extra(one.cluster, _ref(one), one.file) for left in old.values() for one in left)


def _taken(same: list[Former], planned: Planned, kept: Container[str]) -> Former | None:
    """The former manifest of a planned one, taken out: that of its file, else one whose file is gone."""
    own = next((one for one in same if one.file == planned.settled.file), None)
    found = own or next((one for one in same if one.file not in kept), None)
    if found is not None:
        same.remove(found)
    return found


def _differences(planned: Planned, was: Object) -> Iterator[Difference]:
    role = planned.settled.role
    for found in differences(planned.settled.value, was, both_ways(planned.key, role)):
        if not (role is Role.BUNDLE and found.field[:1] == ("files",) and found.field[-1] == "sha256"):
            yield found  # a digest changes with its file, whose change is told by itself


def _slot(file: str, role: Role, value: Object) -> Slot:
    """What makes two manifests the same one: the object, or the file where it holds none."""
    if role in (Role.OBJECT, Role.PATCH):
        return (role, key_of(value))
    return (role, file)


def role_of(file: str) -> Role:
    """What a file of an overlay is, by where it stands."""
    if file.startswith("bundle/"):
        return Role.BUNDLE
    if file.rpartition("/")[2] == "kustomization.yaml":
        return Role.KUSTOMIZE
    return Role.PATCH if file.startswith("component/patches/") else Role.OBJECT


def _ref(former: Former) -> ObjectRef:
    """The object's identity, or its file's name where it has none."""
    ref = ref_of(former.value)
    return ref if ref.name else ObjectRef(ref.apiVersion, ref.kind or "File", "", former.file)

"""What `backstay diff` compares: compiled clusters with an older tree, a snapshot or a live cluster."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from backstay.check import engine
from backstay.check.context import Context, Item, item_of
from backstay.cli.former import Tree, former
from backstay.cli.loading import Loaded
from backstay.core.diagnostic import Diagnostic
from backstay.core.failure import BadInput
from backstay.core.manifest import Role, Settled, ref_of
from backstay.core.place import Place
from backstay.diff.change import Change
from backstay.diff.plan import Locate, Planned
from backstay.diff.rehearsed import Rehearsal, against_rehearsal, request_body
from backstay.diff.stored import against_stored
from backstay.diff.trees import Former, against_tree, role_of
from backstay.load.document import too_large
from backstay.load.objects import MAX_BYTES, load_objects, read_objects
from backstay.pipeline import FLEET


@dataclass(slots=True)
class Comparison:
    """What a comparison found: changes, findings about them, how many objects were looked at, and a remark."""

    changes: list[Change] = field(default_factory=list)
    findings: list[Diagnostic] = field(default_factory=list)
    compared: int = 0
    remark: str = ""


def with_tree(clusters: Iterable[Loaded], tree: Tree, shown: str, *, whole: bool) -> Comparison:
    """Every cluster with its folder in an older tree, both ways; `whole`: a folder without a cluster counts too."""
    done = Comparison()
    names: set[str] = set()
    beside: list[Planned] = []
    for loaded in clusters:
        names.add(loaded.name)
        was = list(former(tree, loaded.name, shown))
        _add(done, planned_of(loaded), was)
        done.findings += _about_change(loaded, was, f"{shown}/{loaded.name}")
        beside += _fleet_of(loaded)
    _add(done, beside, _former_fleet(tree, shown, beside, whole=whole))
    for name in sorted(set(tree.names()) - names - {FLEET}) if whole else ():
        if _is_overlay(tree, name):
            _add(done, [], list(former(tree, name, shown)))
    if names and not names & set(tree.names()):
        done.remark = f"{shown} holds no overlay of these clusters: all of them are new"
    return done


def _is_overlay(tree: Tree, name: str) -> bool:
    """Whether a folder is a cluster's, and not one that somebody keeps beside them."""
    return any(path.startswith("component/") for path, _ in tree.files(name))


def with_snapshot(loaded: Loaded, file: str) -> Comparison:
    """A cluster with what `kubectl get -o yaml` or `-o json` printed."""
    read = read_objects(_stdin(), "-") if file == "-" else load_objects(Path(file), file)
    planned = planned_of(loaded)
    changes = list(against_stored(planned, (value for value, _ in read)))
    return Comparison(changes, compared=_objects(planned))


def with_cluster(loaded: Loaded, context: str | None) -> Comparison:
    """A cluster with itself as it is, by dry runs of applying what is planned."""
    from backstay.cluster.api import connect
    from backstay.cluster.kubeconfig import UnknownContext, access
    from backstay.cluster.rehearse import rehearse_all

    planned = [one for one in planned_of(loaded) if one.is_object]
    try:
        way = access(context)
    except UnknownContext as unknown:
        raise click.BadParameter(str(unknown), param_hint="--context") from unknown
    done = Comparison(compared=len(planned))
    with connect(way) as api:
        said = rehearse_all(api, [request_body(one.settled.value) for one in planned])
        for one, word in zip(planned, said, strict=True):
            done.changes += against_rehearsal(one, Rehearsal(word.live, word.applied, word.note))
    return done


def planned_of(loaded: Loaded) -> list[Planned]:
    """What a compiled cluster ought to consist of, its fleet files aside."""
    assert loaded.compiled is not None  # noqa: S101 - only sound clusters are compared
    return _planned(loaded, loaded.compiled.settled)


def _fleet_of(loaded: Loaded) -> list[Planned]:
    assert loaded.compiled is not None  # noqa: S101 - as above
    return _planned(loaded, loaded.compiled.fleet)


def _planned(loaded: Loaded, settled: Iterable[Settled]) -> list[Planned]:
    return [Planned(loaded.name, one, _locate(loaded)) for one in settled]


def _locate(loaded: Loaded) -> Locate:
    """Symbolic places of a spec as file, line and column; the route stays that of the merged spec."""

    def locate(place: Place) -> Place:
        found = loaded.merged.place(place.route) if loaded.merged else place
        return replace(found, route=place.route)

    return locate


def _add(done: Comparison, planned: list[Planned], was: list[Former]) -> None:
    done.changes += against_tree(planned, was)
    done.compared += max(_objects(planned), sum(role_of(one.file) in _HELD for one in was))


_HELD = (Role.OBJECT, Role.PATCH)


def _objects(planned: list[Planned]) -> int:
    return sum(one.is_object for one in planned)


def _former_fleet(tree: Tree, shown: str, planned: list[Planned], *, whole: bool) -> list[Former]:
    """The fleet's old files but for their index; of some clusters only theirs."""
    found = (one for one in former(tree, FLEET, shown) if role_of(one.file) is Role.OBJECT)
    files = {one.settled.file for one in planned}
    return [one for one in found if whole or one.file in files]


def _about_change(loaded: Loaded, was: list[Former], folder: str) -> Iterator[Diagnostic]:
    """What the rules about changes say, such as that listeners will drain; `folder` is where the old files are."""
    compiled, source = loaded.compiled, loaded.source
    assert compiled and compiled.cluster and source  # noqa: S101, PT018 - only sound clusters are compared
    facts = (compiled.cluster.features, compiled.cluster.versions, compiled.cluster)
    before = Context([_item(one, folder) for one in was if role_of(one.file) in _HELD], *facts)
    after = Context([item_of(one) for one in compiled.settled if one.role in _HELD], *facts)
    return (source.locate(found) for found in engine.compare(before, after))


def _item(one: Former, folder: str) -> Item:
    """An old object as rules see it; it has a file, and no line of a spec."""
    file = f"{folder}/{one.file}"
    return Item(
        ref_of(one.value), one.value, role_of(one.file) is Role.PATCH, file, lambda _route: Place(file)
    )


def _stdin() -> bytes:
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise BadInput([too_large("-", MAX_BYTES)])
    return content

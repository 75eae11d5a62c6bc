"""What the tests of the diff share: planned objects made of plain values, and their differences from others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backstay.core.fact import Fact, Origin, OriginKind
from backstay.core.manifest import Manifest, Role, settle
from backstay.core.place import Place
from backstay.diff.plan import Planned
from backstay.diff.stored import compared
from backstay.render.yaml import dump

if TYPE_CHECKING:
    from backstay.diff.change import Change

Object = dict[str, Any]


def spec(value: Any, *route: str | int) -> Fact[Any]:
    """A value that the spec decides."""
    words = ".".join(str(step) for step in route)
    return Fact(value, (Origin(OriginKind.SPEC, words),))


def planned(value: Object, role: Role = Role.OBJECT, file: str = "component/mesh/one.yaml") -> Planned:
    """A manifest of the cluster `here`; its spec lines all are line 7 of the cluster's file."""
    fixed = Origin(OriginKind.FIXED, "the test")

    def locate(place: Place) -> Place:
        return Place("specs/clusters/here.yaml", 7, 3, place.route)

    return Planned("here", settle(Manifest(file, role, value, fixed), dump), locate)


def changes(value: Object, actual: Object | None, role: Role = Role.OBJECT) -> list[Change]:
    """What is not as planned."""
    return list(compared(planned(value, role), actual))


def told(value: Object, actual: Object | None, role: Role = Role.OBJECT) -> list[tuple[str, str, Any, Any]]:
    """The same in short: kind, field in words, planned and actual value."""
    return [(one.kind.value, one.words, one.planned, one.actual) for one in changes(value, actual, role)]


def obj(api: str, kind: str, **parts: Any) -> Object:
    """An object named `one` in the namespace `space`."""
    return {"apiVersion": api, "kind": kind, "metadata": {"name": "one", "namespace": "space"}, **parts}


def pod(**parts: Any) -> Object:
    """A Deployment whose pod template has this spec."""
    return obj("apps/v1", "Deployment", spec={"template": {"spec": parts}})


def config_map(**data: Any) -> Object:
    """A ConfigMap."""
    return obj("v1", "ConfigMap", data=data)

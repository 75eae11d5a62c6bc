"""How two objects are compared: what their kind says about empty values, and what the occasion asks for."""

from dataclasses import dataclass, replace

from backstay.core.manifest import Role
from backstay.core.route import Route
from backstay.diff.identity import Key

_TYPED = frozenset(
    {
        "", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps", "autoscaling",
        "batch", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io",
        "flowcontrol.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "policy",
        "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class How:
    """The manner of a comparison.

    `typed`: the API server keeps such objects as Go structs, so empty maps, empty lists and some zero values are
    not stored; custom resources are stored as they are written. `extras`: what only the actual side has counts as
    well. `canon`: other spellings of one quantity, duration or number are equal. `directives`: `$patch` and its kin
    are instructions. `texts`: the mapping whose texts may be YAML of their own, None for no such mapping.
    """

    kind: str = ""
    typed: bool = False
    extras: bool = False
    canon: bool = True
    directives: bool = False
    texts: Route | None = None

    def inside(self) -> "How":
        """For a text's own YAML: we set the whole text, so whatever it says besides is a difference."""
        return How(self.kind, extras=True, canon=self.canon)

    def whole(self) -> "How":
        """For a part that a patch replaces whole."""
        return replace(self, extras=True, directives=False)


def left_scoped(key: Key, role: Role) -> How:
    """Planned against live: only the fields that we set, in any spelling."""
    typed = key.group in _TYPED
    texts = ("data",) if key.kind == "ConfigMap" and key.group == "" else None
    return How(key.kind, typed=typed, directives=role is Role.PATCH, texts=texts)


def both_ways(key: Key, role: Role) -> How:
    """Output against output: every field of either side, spelled the same; but YAML in texts as its values."""
    if role is Role.BUNDLE:
        return How(key.kind, extras=True, canon=False, texts=())
    texts = ("data",) if key.kind == "ConfigMap" and key.group == "" else None
    return How(key.kind, extras=True, canon=False, texts=texts)

"""Lists whose entries have an identity: they are compared entry by entry, wherever an entry stands.

Sources: `patchMergeKey` and `listMapKey` in k8s.io/api (core/v1/types.go, apps/v1, admissionregistration/v1), and
`x-kubernetes-list-map-keys` of JobSet, Kueue and Gateway API. All other lists are atomic: set as a whole.
"""

from collections.abc import Mapping, Sequence
from typing import Final

Identity = tuple[object, ...]

_NAME: Final = (("name",),)
_KEYS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "containers": _NAME,
    "ephemeralContainers": _NAME,
    "initContainers": _NAME,
    "env": _NAME,
    "volumes": _NAME,
    "volumeMounts": (("mountPath",),),
    "volumeDevices": (("devicePath",),),
    "ports": (("containerPort", "protocol"), ("port", "protocol"), ("number",)),
    "tolerations": (("key", "effect"),),
    "topologySpreadConstraints": (("topologyKey", "whenUnsatisfiable"),),
    "hostAliases": (("ip",),),
    "imagePullSecrets": _NAME,
    "secrets": _NAME,
    "resourceClaims": _NAME,
    "ownerReferences": (("uid",),),
    "webhooks": _NAME,
    "replicatedJobs": _NAME,
    "flavors": _NAME,
    "resources": _NAME,
    "listeners": _NAME,
}
_DEFAULTS: Final[Mapping[str, object]] = {"protocol": "TCP", "key": "", "effect": ""}
"""What a part of an identity is where an entry leaves it out (core/v1/defaults.go; an empty toleration key is all)."""


def merge_key(field: object, entries: Sequence[object]) -> tuple[str, ...] | None:
    """The keys that tell the entries of the list called `field` apart; None for an atomic list."""
    candidates = _KEYS.get(field, ()) if isinstance(field, str) else ()
    return next(
        (keys for keys in candidates if entries and all(_has(entry, keys) for entry in entries)), None
    )


def identity(entry: object, keys: tuple[str, ...]) -> Identity | None:
    """What tells an entry apart; None when it lacks that."""
    if not isinstance(entry, Mapping) or not _has(entry, keys):
        return None
    return tuple(entry.get(key, _DEFAULTS.get(key)) for key in keys)


def by_identity(entries: Sequence[object], keys: tuple[str, ...]) -> dict[Identity, int] | None:
    """Where each entry stands; None when two are alike or one has no identity."""
    found: dict[Identity, int] = {}
    for index, entry in enumerate(entries):
        told = identity(entry, keys)
        if told is None or told in found:
            return None
        found[told] = index
    return found


def _has(entry: object, keys: tuple[str, ...]) -> bool:
    """Whether an entry is a mapping with scalars for all its keys that have no default."""
    return isinstance(entry, Mapping) and all(
        isinstance(entry.get(key, _DEFAULTS.get(key)), str | int) for key in keys
    )

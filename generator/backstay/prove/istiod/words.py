"""The vocabulary of the door: which proxy is asked about, what comes out, and what istiod kept to itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from backstay.core.diagnostic import ObjectRef
from backstay.core.manifest import ref_of
from backstay.prove.istiod.shape import Struct, labels

Config = dict[str, list[Struct]]

_RELEASE = re.compile(r"(\d+)\.(\d+)")
_NETWORKING = "networking.istio.io/"


class ProxyKind(StrEnum):
    """What sort of Envoy it is; istiod patches them in different contexts."""

    SIDECAR = "sidecar"
    GATEWAY = "gateway"


class Context(StrEnum):
    """`EnvoyFilter.configPatches[].match.context` (istio/api networking/v1alpha3/envoy_filter.proto)."""

    ANY = "ANY"
    SIDECAR_INBOUND = "SIDECAR_INBOUND"
    SIDECAR_OUTBOUND = "SIDECAR_OUTBOUND"
    GATEWAY = "GATEWAY"
    WAYPOINT = "WAYPOINT"  # accepted, and applied nowhere


@dataclass(frozen=True, slots=True)
class Proxy:
    """The Envoy whose configuration is wanted.

    `labels` are the pod's, `namespace` is the pod's (istiod calls it the config namespace), `root_namespace` is
    `meshConfig.rootNamespace`, `metadata` is the node metadata that `match.proxy.metadata` compares, and
    `istio_version` is both istiod's and the proxy's (`1.31.0`; a suffix such as `-rc.0` is allowed).
    """

    name: str
    namespace: str
    labels: Mapping[str, str] = field(default_factory=dict)
    kind: ProxyKind = ProxyKind.SIDECAR
    root_namespace: str = "istio-system"
    istio_version: str = "1.31.0"
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def release(self) -> tuple[int, int]:
        """The minor release as a pair that compares, `(1, 31)`; `ValueError` when the version is not one."""
        found = _RELEASE.match(self.istio_version)
        if found is None:
            raise ValueError(f"not an Istio version: {self.istio_version!r}")
        return int(found[1]), int(found[2])

    def wears(self, wanted: Mapping[str, str]) -> bool:
        """Whether the pod has all the labels of a selector; an empty selector fits every pod."""
        return all(self.labels.get(key) == value for key, value in wanted.items())


@dataclass(frozen=True, slots=True)
class Mesh:
    """What the mesh config adds to every cluster of a service.

    `tcp_keepalive` is `meshConfig.tcpKeepalive` as written there (`{"time": "10s", "interval": "5s", "probes": 3}`);
    `domain` is the Kubernetes cluster domain that short host names are completed with.
    """

    tcp_keepalive: Mapping[str, str | int] | None = None
    domain: str = "cluster.local"


class NoteKind(StrEnum):
    """What became of an object, or of a part of it, that did not simply take effect."""

    REFUSED = "refused"  # the admission webhook rejects the object: it never reaches istiod
    NOT_SELECTED = "not-selected"  # it is not for this proxy: namespace, selector, targetRefs, version
    SHADOWED = "shadowed"  # another object is used instead
    UNMATCHED = "unmatched"  # it is meant for this proxy, and nothing in its configuration matches
    SKIPPED = "skipped"  # it matches, and istiod does nothing
    DROPPED = "dropped"  # a part that istiod reads past, such as a misspelt field
    REPLACED = "replaced"  # it took effect and took away what istiod had generated
    PANIC = "panic"  # istiod's patching panicked: this and all later patches of the group were left out
    UNMODELLED = "unmodelled"  # istiod would do something here that this package does not work out


@dataclass(frozen=True, slots=True)
class Note:
    """One thing istiod does not say: `object` is whose, `where` the part of it (`spec.configPatches[0]`, or empty)."""

    kind: NoteKind
    object: ObjectRef
    where: str
    message: str

    def __str__(self) -> str:
        """`kind: Object/part: message`, on one line."""
        part = f" {self.where}" if self.where else ""
        return f"{self.kind}: {self.object}{part}: {self.message}"


@dataclass(frozen=True, slots=True)
class Result:
    """The configuration after istiod, and what has to be said about it, in the order istiod works."""

    config: Config
    notes: tuple[Note, ...]


class Refused(Exception):  # noqa: N818 - it names what the webhook did
    """The admission webhook would reject the object, for the reason in the text."""


class Panicked(Exception):  # noqa: N818 - it names what happened
    """Go's `panic` in the middle of a merge; what was done before it stays done."""


def is_a(value: Struct, kind: str) -> bool:
    """Whether the object is Istio's networking `kind`, in any version of that group."""
    return value.get("kind") == kind and str(value.get("apiVersion")).startswith(_NETWORKING)


def identity(value: Struct) -> ObjectRef:
    """The object's identity; one without a namespace is in `default`, as for kubectl."""
    ref = ref_of(value)
    return ref if ref.namespace else ObjectRef(ref.apiVersion, ref.kind, "default", ref.name)


def age_order(value: Struct) -> tuple[str, str]:
    """Istio's order of equals: creation time (same for all in a repository, so empty), then `name.namespace`."""
    ref = identity(value)
    return labels(value, "metadata").get("creationTimestamp", ""), f"{ref.name}.{ref.namespace}"

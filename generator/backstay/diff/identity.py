"""Which object is which: group, kind, namespace and name. The version is only a way to look at an object."""

from collections.abc import Mapping
from typing import NamedTuple

from backstay.core.diagnostic import ObjectRef
from backstay.core.manifest import ref_of


class Key(NamedTuple):
    """The identity of an object in a cluster: `networking.istio.io/v1` and `/v1alpha3` show the same objects."""

    group: str
    kind: str
    namespace: str
    name: str


def key_of(value: Mapping[str, object]) -> Key:
    """The identity of an object; parts that it lacks are empty."""
    return key_of_ref(ref_of(value))


def key_of_ref(ref: ObjectRef) -> Key:
    """The identity that a reference names."""
    group, slash, _ = ref.apiVersion.rpartition("/")
    return Key(group if slash else "", ref.kind, ref.namespace, ref.name)

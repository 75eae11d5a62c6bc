"""Pieces that all emitters share: the frame of an object, of a patch, of an env list."""

from collections.abc import Iterable, Mapping

from backstay.core.fact import Fact, Origin, OriginKind
from backstay.core.manifest import Manifest, Role

Body = dict[str, object]
MANAGED = {"app.kubernetes.io/managed-by": "backstay"}


def fixed(source: str) -> Origin:
    """The origin of an emitter's own words: the upstream page or file that prescribes them."""
    return Origin(OriginKind.FIXED, source)


def new_object(
    system: str, api: str, kind: str, name: str, namespace: object, source: str, **rest: object
) -> Manifest:
    """A whole object of its own; `namespace` may be a fact, empty for cluster-scoped kinds."""
    space = namespace.value if isinstance(namespace, Fact) else namespace
    metadata: Body = {"name": name, "labels": MANAGED} | ({"namespace": namespace} if space else {})
    stem = f"{kind.lower()}-{name}" + (f"-{space}" if space else "")
    body: Body = {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}
    return Manifest(f"component/{system}/{stem}.yaml", Role.OBJECT, body, fixed(source))


def new_patch(
    api: str, kind: str, name: str, namespace: object, source: str, part: str = "", **rest: object
) -> Manifest:
    """A strategic-merge patch of an object that an upstream install owns; `part` tells several of one apart."""
    space = namespace.value if isinstance(namespace, Fact) else namespace
    body: Body = {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": namespace}, **rest}
    stem = f"{kind.lower()}-{name}-{space}" + (f"-{part}" if part else "")
    return Manifest(f"component/patches/{stem}.yaml", Role.PATCH, body, fixed(source))


def container_patch(name: str, namespace: object, container: str, source: str, **rest: object) -> Manifest:
    """A patch of one container of a Deployment."""
    containers = [{"name": container, **rest}]
    return new_patch(
        "apps/v1",
        "Deployment",
        name,
        namespace,
        source,
        spec={"template": {"spec": {"containers": containers}}},
    )


def env(values: Mapping[str, Fact[str]] | Iterable[tuple[str, Fact[str]]]) -> list[Body]:
    """Plain environment variables.

    `valueFrom: null` takes a reference away that the install may have there: merged, the two would be refused.
    """
    pairs = values.items() if isinstance(values, Mapping) else values
    return [{"name": name, "value": value, "valueFrom": None} for name, value in pairs]


def secret_env(name: str, secret: Fact[str], key: Fact[str]) -> Body:
    """An environment variable out of a Secret."""
    return {"name": name, "value": None, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


def pinned_env(derived: Iterable[Body], pins: Iterable[tuple[str, Fact[str]]]) -> list[Body]:
    """Environment variables with the pinned ones in the place of those of the same name: a name may stand once."""
    return list({str(variable["name"]): variable for variable in (*derived, *env(pins))}.values())

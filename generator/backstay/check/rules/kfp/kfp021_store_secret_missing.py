"""A Secret that store settings name is not in the namespace that needs it, or lacks the keys.

kfp-launcher and artifact-repositories name Secrets of their own namespace; the workflow controller's store names
Secrets of every namespace in which workflows run.

Not judged: Secrets of which the manifests hold none by that name (they may be made elsewhere), those that an
ExternalSecret or a SealedSecret makes, and `mlpipeline-minio-artifact`, which the profile controller copies.

Breaks: step pods hang in CreateContainerConfigError or the launcher fails before the user's code starts.
Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      providers: |
        minio:
          default:
            endpoint: minio.storage:9000
            credentials: {secretRef: {secretName: store, accessKeyKey: accesskey, secretKeyKey: secretkey}}
    ---
    apiVersion: v1
    kind: Secret
    metadata: {name: store, namespace: kubeflow}
    data: {accesskey: YQ==, secretkey: YQ==}
Good:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      providers: |
        minio:
          default:
            endpoint: minio.storage:9000
            credentials: {secretRef: {secretName: store, accessKeyKey: accesskey, secretKeyKey: secretkey}}
    ---
    apiVersion: v1
    kind: Secret
    metadata: {name: store, namespace: team-a}
    data: {accesskey: YQ==, secretkey: YQ==}
Source: argoproj/argo-workflows workflow/controller/workflowpod.go, kubeflow/pipelines backend/src/v2/objectstore/object_store.go
"""

from collections.abc import Iterator
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import argo, launcher
from backstay.core.diagnostic import Diagnostic
from backstay.core.route import Route

RULE = rule(__doc__, "KFP021", "store-secret-missing")

_COPIED_TO_PROFILES = "mlpipeline-minio-artifact"
_MAKERS = {
    "ExternalSecret": ("spec", "target", "name"),
    "SealedSecret": ("spec", "template", "metadata", "name"),
}
_LAUNCHER_KEYS = ("accessKeyKey", "secretKeyKey", "tokenKey")
_ARGO_SECRETS = ("accessKeySecret", "secretKeySecret", "sessionTokenSecret")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A key of a Secret that a setting at `route` needs in a namespace."""

    item: Item
    route: Route
    namespace: str
    name: str
    key: str


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every Secret key that launchers and Argo are told to read, against the Secrets at hand."""
    if any(True for _ in ctx.of_kind("Secret")):
        for wanted in (*_by_launchers(ctx), *_by_argo(ctx)):
            yield from _judge(ctx, wanted)


def _judge(ctx: Context, wanted: Wanted) -> Iterator[Diagnostic]:
    there = _secret(ctx, wanted)
    if there is None:
        if _surely_absent(ctx, wanted):
            yield _absent(ctx, wanted)
    elif not there.partial and wanted.key not in _keys(there):
        own = ", ".join(f"`{key}`" for key in sorted(_keys(there))) or "none"
        message = f"Secret {wanted.namespace}/{wanted.name} has no key `{wanted.key}`"
        yield ctx.report(RULE, wanted.item, wanted.route, message, f"it has {own}; name one of its keys")


def _absent(ctx: Context, wanted: Wanted) -> Diagnostic:
    return ctx.report(
        RULE, wanted.item, wanted.route,
        f"there is no Secret {wanted.name} in namespace {wanted.namespace}, where steps read it",
        f"put a Secret {wanted.name} with the key `{wanted.key}` into namespace {wanted.namespace} too",
    )  # fmt: skip


def _by_launchers(ctx: Context) -> Iterator[Wanted]:
    for provider in launcher.providers(ctx):
        for part in provider.parts:
            credentials = part.node("credentials")
            named = credentials.node("secretRef") if credentials else None
            if named is not None:
                yield from _named(provider.item, named)


def _named(item: Item, secret: launcher.Node) -> Iterator[Wanted]:
    for key in _LAUNCHER_KEYS:
        if secret.text("secretName") and secret.text(key):
            yield Wanted(
                item, secret.to(key), item.ref.namespace, secret.text("secretName"), secret.text(key)
            )


def _by_argo(ctx: Context) -> Iterator[Wanted]:
    for store in argo.s3_repositories(ctx):
        everywhere = store.item.ref.name == argo.CONTROLLER_CONFIG
        for secret in filter(None, map(store.below, _ARGO_SECRETS)):
            for namespace in _run_namespaces(ctx) if everywhere else [store.item.ref.namespace]:
                yield from _selected(secret, namespace)


def _selected(secret: look.Part, namespace: str) -> Iterator[Wanted]:
    name, key = (look.text(secret.value.get(part)) for part in ("name", "key"))
    if name and key and secret.value.get("optional") is not True:
        yield Wanted(secret.item, secret.to("key"), namespace, name, key)


def _run_namespaces(ctx: Context) -> list[str]:
    """Where steps surely run and nothing else tells Argo its store: launchers' namespaces without repositories."""
    own = {item.ref.namespace for item in ctx.named("ConfigMap", argo.REPOSITORIES)}
    return sorted({item.ref.namespace for item in launcher.launchers(ctx)} - own)


def _secret(ctx: Context, wanted: Wanted) -> Item | None:
    found = [item for item in ctx.named("Secret", wanted.name) if item.ref.namespace == wanted.namespace]
    return found[0] if found else None


def _keys(secret: Item) -> frozenset[str]:
    """The names of a Secret's keys; its values are not looked at."""
    return frozenset(look.mapping(secret.value.get("data"))) | frozenset(
        look.mapping(secret.value.get("stringData"))
    )


def _surely_absent(ctx: Context, wanted: Wanted) -> bool:
    """Whether the manifests bring Secrets of that name, but none and no maker of one to that namespace."""
    elsewhere = any(True for _ in ctx.named("Secret", wanted.name))
    return elsewhere and wanted.name != _COPIED_TO_PROFILES and not _made(ctx, wanted)


def _made(ctx: Context, wanted: Wanted) -> bool:
    return any(
        item.ref.namespace == wanted.namespace
        and wanted.name in {item.ref.name, look.text(look.at(item.value, *_MAKERS[item.ref.kind]))}
        for item in ctx.of_kind(*_MAKERS)
    )


CHECK = Check(RULE, reads=frozenset({"ConfigMap", "Secret", *_MAKERS}), run=check)

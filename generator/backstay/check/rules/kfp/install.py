"""The Pipelines install that the objects (or the model) belong to: its namespace, its users, its run namespaces."""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rules.kfp import argo, launcher
from backstay.upstream.pipelines import RELEASES

CONFIG = "pipeline-install-config"
API_SERVER = ("ml-pipeline", "ml-pipeline-api-server")
UI = ("ml-pipeline-ui", "ml-pipeline-ui")
PROFILE_CONTROLLER = ("kubeflow-pipelines-profile-controller", "profile-controller")

_ENABLED = "pipelines.kubeflow.org/enabled"


def environments(ctx: Context, names: tuple[str, str]) -> Iterator[tuple[look.Container, look.Environment]]:
    """The container of a Deployment (both by name) with what it has in its environment."""
    deployment, container = names
    for item in ctx.named("Deployment", deployment):
        for found in look.containers(item, container):
            yield found, look.environment(ctx, found)


def default_store(ctx: Context) -> str | None:
    """`host:port` that launchers of the installed release dial when nobody tells them; None when not known."""
    release = RELEASES.get(ctx.versions.get("pipelines", ""))
    return release.default_store if release else None


def multi_user(ctx: Context) -> bool:
    """Whether profiles are on: as the model says, else as the API server or the profile controller shows."""
    if ctx.cluster is not None and ctx.cluster.pipelines is not None:
        return ctx.cluster.pipelines.multi_user
    return ctx.once("multi-user", lambda: _shows_profiles(ctx))


def _shows_profiles(ctx: Context) -> bool:
    stated = any(env.value("MULTIUSER") == "true" for _, env in environments(ctx, API_SERVER))
    return stated or any(True for _ in ctx.named("Deployment", PROFILE_CONTROLLER[0]))


def namespaces(ctx: Context) -> frozenset[str]:
    """Where Pipelines itself is installed; `kubeflow` unless the model or an object says otherwise."""
    if ctx.cluster is not None and ctx.cluster.pipelines is not None:
        return frozenset({ctx.cluster.pipelines.namespace.value})
    own = (*ctx.named("Deployment", API_SERVER[0]), *ctx.named("ConfigMap", CONFIG))
    return frozenset(item.ref.namespace for item in own) - {""} or frozenset({"kubeflow"})


def profiles(ctx: Context) -> tuple[str, ...]:
    """The run namespaces besides the install's own: stated, labelled, of a Profile, or with run configuration."""
    return ctx.once("profiles", lambda: _profiles(ctx))


def _profiles(ctx: Context) -> tuple[str, ...]:
    if ctx.cluster is not None and ctx.cluster.storage is not None:
        found = {namespace.value for namespace in ctx.cluster.storage.run_namespaces}
    else:
        found = {item.ref.name for item in ctx.of_kind("Profile")}
        found |= {item.ref.name for item in ctx.of_kind("Namespace") if _is_enabled(item.value)}
        found |= {
            item.ref.namespace
            for name in (launcher.NAME, argo.REPOSITORIES)
            for item in ctx.named("ConfigMap", name)
        }
    return tuple(sorted(found - namespaces(ctx) - {""}))


def run_launchers(ctx: Context) -> Iterator[Item]:
    """The kfp-launcher ConfigMaps that runs read: all, but the install's own where runs are in profiles."""
    where = set(profiles(ctx)) if multi_user(ctx) else None
    return (item for item in launcher.launchers(ctx) if where is None or item.ref.namespace in where)


def _is_enabled(value: object) -> bool:
    return look.at(value, "metadata", "labels", _ENABLED) == "true"

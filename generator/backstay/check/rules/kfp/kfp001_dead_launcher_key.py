"""kfp-launcher carries a key that this Pipelines release does not read.

Not judged: keys that some release reads, where the installed release is not known.

Breaks: the setting has no effect, and nobody notices until a run dials the default store.
Bad:
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data: {MINIO_ENDPOINT: "minio.storage:9000"}
Good:
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data: {providers: "minio: {default: {endpoint: 'minio.storage:9000', credentials: {fromEnv: true}}}"}
Source: kubeflow/pipelines backend/src/v2/config/env.go (tags 1.8.22 to 2.17.0), kubeflow/pipelines#10625
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature

RULE = rule(__doc__, "KFP001", "dead-launcher-key")

_ALWAYS_READ = "defaultPipelineRoot"
_WRITTEN_BY_THE_PROFILE_CONTROLLER = "clusterDomain"  # sync.py of 2.16 and later; harmless
_STORE_WORDS = ("MINIO", "S3", "AWS", "OBJECTSTORE")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every key of every kfp-launcher ConfigMap."""
    for item in ctx.named("ConfigMap", "kfp-launcher"):
        for key in look.data(item):
            fault = _fault(ctx, key)
            if fault:
                yield ctx.report(RULE, item, ("data", key), *fault)


def _fault(ctx: Context, key: str) -> tuple[str, str] | None:
    """What is wrong with a key and what to do; None when it is read."""
    if key in {_ALWAYS_READ, _WRITTEN_BY_THE_PROFILE_CONTROLLER}:
        return None
    if key == "providers":
        return _too_early(ctx, key, Feature.LAUNCHER_PROVIDERS, "2.2", _help_for_store(ctx))
    if key.startswith("plugins."):
        return _too_early(ctx, key, Feature.LAUNCHER_PLUGINS, "2.17", f"remove `{key}`")
    return f"no Pipelines release reads `{key}` of kfp-launcher", _help(ctx, key)


def _too_early(ctx: Context, key: str, feature: Feature, since: str, help_: str) -> tuple[str, str] | None:
    version = ctx.versions.get("pipelines")
    if version is None or ctx.has(feature):
        return None
    return f"Pipelines {version} does not read `{key}` of kfp-launcher, {since} is the first to", help_


def _help(ctx: Context, key: str) -> str:
    if key.upper() == "PIPELINE_ROOT" or key.lower() == _ALWAYS_READ.lower():
        return f"write it as `{_ALWAYS_READ}`"
    if key.lower() == "providers":
        return "write it as `providers`"
    return _help_for_store(ctx) if key.upper().startswith(_STORE_WORDS) else f"remove `{key}`"


def _help_for_store(ctx: Context) -> str:
    if "pipelines" in ctx.versions and not ctx.has(Feature.LAUNCHER_PROVIDERS):
        return "upgrade to Pipelines 2.2 or later; until then launchers find the store by a Service `minio-service`"
    return "state endpoint and credentials under `providers: minio: default:`"


CHECK = Check(RULE, reads=frozenset({"ConfigMap"}), run=check)

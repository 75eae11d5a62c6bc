"""kfp-launcher carries a key that this Pipelines release does not read.

Not judged: keys that some release reads, where the installed release is not known.

Breaks: the setting has no effect, and nobody notices until a run dials the default store.
Bad:
    # --platform pipelines=2.17
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data: {MINIO_ENDPOINT: "minio.storage:9000"}
Good:
    # --platform pipelines=2.17
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      providers: |
        minio: {default: {endpoint: minio.storage:9000, credentials: {fromEnv: true}}}
Source: kubeflow/pipelines backend/src/v2/config/env.go (tags 1.8.22 to 2.17.0), kubeflow/pipelines#10625
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from backstay.check import claims, look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.claims.claim import Found
from backstay.claims.pipelines import ALWAYS_READ, KFP001
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.core.fix import Edit, Fix, Rename, safe, unsafe

RULE = rule(__doc__, "KFP001", "dead-launcher-key", KFP001.severity)

_STORE_WORDS = ("MINIO", "S3", "AWS", "OBJECTSTORE")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every key of every kfp-launcher ConfigMap."""
    for found in claims.judge(ctx, RULE, KFP001, partial(_mend, ctx)):
        yield replace(found, help=_help(ctx, found.message.split("`")[1]))


def _mend(ctx: Context, item: Item, found: Found) -> Fix | None:
    """The key that was meant; what nobody reads is taken out, if it is about the store only when asked."""
    key, data = str(found.route[-1]), look.data(item)
    if key.upper() == "PIPELINE_ROOT" or key.lower() == ALWAYS_READ.lower():
        return (
            safe(f"write `{ALWAYS_READ}`", Rename(found.route, ALWAYS_READ))
            if ALWAYS_READ not in data
            else None
        )
    if key.lower() == "providers":
        there = "providers" in data or not ctx.has(Feature.LAUNCHER_PROVIDERS)
        return None if there else unsafe("write `providers`", Rename(found.route, "providers"))
    mend = unsafe if key.upper().startswith(_STORE_WORDS) or key.startswith("plugins.") else safe
    return mend(f"take `{key}` out", Edit(found.route, None))


def _help(ctx: Context, key: str) -> str:
    if key.upper() == "PIPELINE_ROOT" or key.lower() == ALWAYS_READ.lower():
        return f"write it as `{ALWAYS_READ}`"
    if key == "providers":
        return _help_for_store(ctx)
    if key.lower() == "providers":
        return "write it as `providers`"
    return _help_for_store(ctx) if key.upper().startswith(_STORE_WORDS) else f"remove `{key}`"


def _help_for_store(ctx: Context) -> str:
    if "pipelines" in ctx.versions and not ctx.has(Feature.LAUNCHER_PROVIDERS):
        return "upgrade to Pipelines 2.2 or later; until then launchers find the store by a Service `minio-service`"
    return "state endpoint and credentials under `providers: minio: default:`"


CHECK = Check(RULE, reads=frozenset({"ConfigMap"}), run=check)

"""The spec asks for something that the installed version has no knob for.

Breaks: the need is stated and nothing in the output meets it; it would be forgotten silently.
Bad:
    platform: {pipelines: {version: "3.0"}}
Good:
    platform: {pipelines: {version: "2.17"}}
Source: argoproj/argo-workflows pkg/apis/workflow/v1alpha1/workflow_types.go (Backoff.Cap since v3.7); kubeflow/pipelines#13986 (no metadata store from 3.0 on);
    kubeflow/pipelines backend/src/v2/objectstore/object_store.go (the built-in Secret)
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.core.place import at
from backstay.core.units import show_duration

RULE = rule(__doc__, "VER003", "no-such-knob")


_METADATA_STORE = "kfp-metadata-grpc"
_BUILT_IN_SECRET = ("mlpipeline-minio-artifact", "accesskey", "secretkey")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Findings for waits that this Argo cannot bound, a metadata store that is gone, a Secret that is not read."""
    yield from _waits(ctx)
    yield from _metadata_stores(ctx)
    yield from _secrets(ctx)


def _metadata_stores(ctx: Context) -> Iterator[Diagnostic]:
    """Services that mean the metadata store of a Pipelines that has none."""
    cluster = ctx.cluster
    if cluster is None or cluster.pipelines is None or ctx.has(Feature.METADATA_STORE):
        return
    for service in cluster.network.services:
        if service.preset == _METADATA_STORE:
            yield RULE.report(
                f"Pipelines {cluster.pipelines.version.value} has no metadata store: nothing is called, and nothing could ping",
                at=service.place,
                help=f"remove the service `{service.name}` and the calls to it: steps ask the API server instead",
            )


def _secrets(ctx: Context) -> Iterator[Diagnostic]:
    """A Secret that launchers without `providers` never look at."""
    cluster = ctx.cluster
    if (
        cluster is None
        or cluster.pipelines is None
        or cluster.storage is None
        or ctx.has(Feature.LAUNCHER_PROVIDERS)
    ):
        return
    secret = cluster.storage.store.credentials
    stated = (secret.name.value, secret.access_key.value, secret.secret_key.value) if secret else None
    if stated != _BUILT_IN_SECRET:
        yield RULE.report(
            f"the launcher of Pipelines {cluster.pipelines.version.value} reads Secret {_BUILT_IN_SECRET[0]} and no other",
            at=at("storage", "artifacts", "credentials"),
            help=f"write `secret: {_BUILT_IN_SECRET[0]}` with the keys `accesskey` and `secretkey`, or run Pipelines 2.2 or later",
        )


def _waits(ctx: Context) -> Iterator[Diagnostic]:
    """A finding for a longest wait on an Argo without `cap`, unless no wait would reach it."""
    cluster = ctx.cluster
    steps = cluster.retries.steps if cluster else None
    if (
        cluster is None
        or steps is None
        or steps.cap_ms is None
        or ctx.has(Feature.RETRY_CAP)
        or not cluster.workflows
    ):
        return
    last = int(steps.initial_ms.value * steps.factor.value ** max(steps.limit.value - 1, 0))
    if last > steps.cap_ms.value:
        yield RULE.report(
            f"Argo Workflows {cluster.workflows.version.value} cannot bound a wait: the last one would be "
            f"{show_duration(last)}, not {show_duration(steps.cap_ms.value)}",
            at=at("retries", "pipelineSteps", "backoff", "max"),
            help="run Argo Workflows 3.7 or later, or choose `initial`, `factor` and `attempts` so that no wait is longer",
        )


CHECK = Check(RULE, reads=frozenset({"retries", "services", "storage"}), run=check)

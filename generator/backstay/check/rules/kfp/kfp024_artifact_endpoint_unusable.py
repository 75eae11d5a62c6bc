"""Argo's artifact store has an endpoint that its client refuses or talks TLS to by mistake.

The endpoint is host[:port], and TLS is on unless `insecure: true` says otherwise.

Not judged: whether an unknown store on another port speaks TLS.

Breaks: every step with artifacts or archived logs fails in its wait container after the user's code is done.
Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: workflow-controller-configmap, namespace: kubeflow}
    data:
      artifactRepository: |
        s3: {endpoint: 'http://minio.storage:80', bucket: mlpipeline}
Good:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: workflow-controller-configmap, namespace: kubeflow}
    data:
      artifactRepository: |
        s3: {endpoint: minio.storage:80, bucket: mlpipeline, insecure: true}
Source: argoproj/argo-workflows workflow/artifacts/artifacts.go (Secure is not Insecure), workflow/artifacts/s3/s3.go
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import argo
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, safe

RULE = rule(__doc__, "KFP024", "artifact-endpoint-unusable")

_PLAIN_STOCK = {("minio-service", "9000"), ("seaweedfs", "9000"), ("seaweedfs", "8333")}
"""The stores that Pipelines ships, which speak plain HTTP there: first label of the host, port."""


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the endpoint of every S3 store that Argo is told."""
    for store in argo.s3_repositories(ctx):
        endpoint = look.text(store.value.get("endpoint")) or ""
        bare, why = _bare(endpoint)
        if why:
            yield ctx.report(
                RULE, store.item, store.to("endpoint"), f"the endpoint has {why}, and Argo's client refuses it",
                f"write `endpoint: {bare}`" + (" and `insecure: true`" if endpoint.startswith("http://") else ""),
                fix=safe(f"write `{bare}`", Edit((*store.route, "endpoint"), bare),
                         *([Edit((*store.route, "insecure"), value=True)] if endpoint.startswith("http://") else [])),
            )  # fmt: skip
        elif _is_plain(ctx, endpoint) and store.value.get("insecure") is not True:
            yield ctx.report(
                RULE, store.item, store.to("insecure" if "insecure" in store.value else "endpoint"),
                f"`{bare}` speaks plain HTTP, and Argo talks TLS to it", "write `insecure: true`", fix=safe("write `insecure: true`", Edit((*store.route, "insecure"), value=True)),
            )  # fmt: skip


def _bare(endpoint: str) -> tuple[str, str]:
    """host[:port] of an endpoint, and what it has that it must not have."""
    scheme, there, rest = endpoint.rpartition("://")
    host, slash, _ = rest.partition("/")
    return host.rpartition("@")[2], f"the scheme `{scheme}://`" if there else "a path" if slash else ""


def _is_plain(ctx: Context, endpoint: str) -> bool:
    """Whether an endpoint surely speaks plain HTTP."""
    host, _, port = endpoint.partition(":")
    storage = ctx.cluster.storage if ctx.cluster else None
    stated = (
        storage is not None and storage.store.endpoint.value == endpoint and not storage.store.secure.value
    )
    return stated or port == "80" or (host.split(".")[0], port) in _PLAIN_STOCK


CHECK = Check(RULE, reads=frozenset({"ConfigMap"}), run=check)

"""Runs keep their artifacts in another bucket than the one that the install is told to use.

An empty `defaultPipelineRoot` means `minio://mlpipeline/v2/artifacts`, whatever `bucketName` says; both have to be
changed. A root that names a third bucket may be meant: a warning.

Not judged: roots in Google's store, and installs whose bucket is not at hand.

Breaks: runs write to a bucket that nobody made, backs up or cleans; their uploads fail, or the data is forgotten.
Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: pipeline-install-config, namespace: kubeflow}
    data: {bucketName: team-artifacts}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      defaultPipelineRoot: ""
Good:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: pipeline-install-config, namespace: kubeflow}
    data: {bucketName: team-artifacts}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      defaultPipelineRoot: minio://team-artifacts/v2/artifacts
Source: kubeflow/pipelines backend/src/v2/config/env.go
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import install, launcher, places
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.fix import Edit, unsafe

RULE = rule(__doc__, "KFP013", "buckets-split")

_BUILT_IN = "mlpipeline"
_FIELD = ("data", "defaultPipelineRoot")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the root of each kfp-launcher that runs read against the install's bucket."""
    bucket = next(_buckets(ctx), None)
    for item in install.run_launchers(ctx) if bucket else ():
        root = launcher.root_of(item)
        if root and root.scheme in launcher.S3_LIKE and root.bucket != bucket:
            message = f"runs in {item.ref.namespace} write to bucket `{root.bucket}`, and the install uses `{bucket}`"
            help_ = f"write `defaultPipelineRoot: {root.scheme}://{bucket}/{root.prefix}`"
            severity = None if root.bucket == _BUILT_IN else Severity.WARNING
            fix = unsafe(help_, Edit(_FIELD, f"{root.scheme}://{bucket}/{root.prefix}"))
            yield ctx.report(RULE, item, _FIELD, message, help_, severity, fix)


def _buckets(ctx: Context) -> Iterator[str]:
    """The install's bucket: as the API server is told, else as pipeline-install-config has it."""
    yield from (place.bucket for place in places.api_servers(ctx) if place.bucket)
    for item in ctx.named("ConfigMap", install.CONFIG):
        name = look.text(look.data(item).get("bucketName"))
        if name:
            yield name


CHECK = Check(RULE, reads=frozenset({"ConfigMap", "Deployment", "Profile", "Namespace"}), run=check)

"""A default pipeline root is none that the launcher understands, or it switches `providers` off.

A root is `minio://`, `s3://` or `gs://`, a bucket and a path. A query behind it sends the launcher past
`providers`: it then opens the bucket with the environment's credentials.

Breaks: each run without a root of its own ends with "unrecognized pipeline root format" or "unsupported Cloud
bucket"; with a query, the endpoint and Secret under `providers` are not used.
Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      defaultPipelineRoot: mlpipeline/v2/artifacts
Good:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      defaultPipelineRoot: minio://mlpipeline/v2/artifacts
Source: kubeflow/pipelines backend/src/v2/objectstore/config.go, backend/src/v2/config/s3.go
"""

from collections.abc import Iterator

from backstay.check import claims, look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import install, launcher
from backstay.claims.pipelines import KFP011
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, unsafe

RULE = rule(__doc__, "KFP011", "bad-pipeline-root", KFP011.severity)

_FIELD = ("data", "defaultPipelineRoot")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the roots of every kfp-launcher and of pipeline-install-config, which is where launchers get theirs."""
    yield from claims.judge(ctx, RULE, KFP011)
    for name in (launcher.NAME, install.CONFIG):
        for item in ctx.named("ConfigMap", name):
            text = look.text(look.data(item).get("defaultPipelineRoot"))
            root = launcher.read_root(text) if text else None
            if root and root.query and any(p.scheme == root.scheme for p in launcher.providers_of(ctx, item)):
                message = f"a query in the pipeline root makes the launcher ignore `providers.{root.scheme}`"
                yield ctx.report(
                    RULE,
                    item,
                    _FIELD,
                    message,
                    "take the query out and state its options there",
                    fix=unsafe("take the query out", Edit(_FIELD, str(text).partition("?")[0])),
                )


CHECK = Check(RULE, reads=frozenset({"ConfigMap"}), run=check)

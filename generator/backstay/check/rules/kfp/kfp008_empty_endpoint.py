"""A provider of kfp-launcher states no endpoint, on a release that makes a broken address of that.

From 2.15.0 to 2.16.1 an empty endpoint becomes the base address `https://`. `s3.amazonaws.com` leaves the
choice of the regional endpoint to the AWS SDK. With `fromEnv: true` the endpoint is not looked at.

Breaks: every upload and download of the launcher fails.
Bad:
    # --platform pipelines=2.16
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      providers: |
        s3:
          default:
            region: eu-central-1
            credentials: {secretRef: {secretName: store, accessKeyKey: accesskey, secretKeyKey: secretkey}}
Good:
    # --platform pipelines=2.16
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      providers: |
        s3:
          default:
            endpoint: s3.amazonaws.com
            region: eu-central-1
            credentials: {secretRef: {secretName: store, accessKeyKey: accesskey, secretKeyKey: secretkey}}
Source: kubeflow/pipelines backend/src/v2/objectstore/object_store.go (tags 2.15.0 and 2.16.1)
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import launcher
from backstay.check.rules.kfp.launcher import Node
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.core.fix import Edit, safe, under

RULE = rule(__doc__, "KFP008", "empty-endpoint")

_HELP = {"s3": "write `endpoint: s3.amazonaws.com`", "minio": "write `endpoint: HOST:PORT` of the store"}


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the endpoint that each default and each override ends up with."""
    if not ctx.has(Feature.LAUNCHER_EMPTY_ENDPOINT_BROKEN):
        return
    for provider in launcher.providers(ctx):
        inherited = provider.default.text("endpoint") if provider.default else ""
        for part in provider.parts if provider.scheme in launcher.S3_LIKE else ():
            if _by_secret(part) and not (part.text("endpoint") or inherited):
                message = (
                    f"`{provider.scheme}` states no endpoint, and this release dials `https://` for that"
                )
                yield ctx.report(RULE, provider.item, part.to("endpoint"), message, _HELP[provider.scheme],
                                 fix=safe("write AWS's own endpoint", Edit(under(part.to("endpoint"), "endpoint"), "s3.amazonaws.com"))
                                 if provider.scheme == "s3" else None)  # fmt: skip


def _by_secret(part: Node) -> bool:
    """Whether the part has credentials, and of a Secret; without any the launcher stops earlier."""
    credentials = part.node("credentials")
    return credentials is not None and credentials.get("fromEnv") is not True


CHECK = Check(RULE, reads=frozenset({"ConfigMap"}), run=check)

"""An override of kfp-launcher can never apply, because an earlier one takes all of its paths.

The launcher takes the first override whose bucket is the same and whose `keyPrefix` starts the path. Up to 2.17
that is a comparison of texts, so that `team` also takes `team-b/`; later it ends at a slash.

Breaks: artifacts under the later prefix go to the earlier override's endpoint, with its credentials.
Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      providers: |
        s3:
          default: {credentials: {fromEnv: true}}
          overrides:
            - {bucketName: models, keyPrefix: "", credentials: {fromEnv: true}}
            - {bucketName: models, keyPrefix: team-b/, credentials: {fromEnv: true}, endpoint: minio.b:9000}
Good:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      providers: |
        s3:
          default: {credentials: {fromEnv: true}}
          overrides:
            - {bucketName: models, keyPrefix: team-b/, credentials: {fromEnv: true}, endpoint: minio.b:9000}
            - {bucketName: models, keyPrefix: "", credentials: {fromEnv: true}}
Source: kubeflow/pipelines backend/src/v2/config/s3.go and gcs.go, getOverrideByPrefix
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import launcher
from backstay.check.rules.kfp.launcher import Node
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.core.route import show

RULE = rule(__doc__, "KFP006", "override-never-reached")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge each override against those before it."""
    by_text = ctx.has(Feature.LAUNCHER_PREFIX_IS_TEXT)
    for provider in launcher.providers(ctx):
        for index, later in enumerate(provider.overrides):
            taker = next((e for e in provider.overrides[:index] if _takes(e, later, by_text=by_text)), None)
            if taker:
                message = (
                    f"this override never applies: `{show(taker.route[2:])}` already takes all of its paths"
                )
                yield ctx.report(
                    RULE, provider.item, later.route, message, "put the longer `keyPrefix` first"
                )


def _takes(earlier: Node, later: Node, *, by_text: bool) -> bool:
    if earlier.get("bucketName") != later.get("bucketName"):
        return False
    prefix, path = earlier.text("keyPrefix"), later.text("keyPrefix")
    if by_text:
        return path.startswith(prefix)
    start = prefix.strip("/")
    return not start or f"{path.strip('/')}/".startswith(f"{start}/")


CHECK = Check(RULE, reads=frozenset({"ConfigMap"}), run=check)

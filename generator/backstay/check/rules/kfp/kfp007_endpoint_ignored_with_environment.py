"""A provider of kfp-launcher takes its credentials from the environment and states an endpoint all the same.

With `fromEnv: true` the launcher builds its client from the environment alone: `endpoint`, `region` and
`disableSSL` count from 2.17 on only.

Breaks: artifacts go to AWS (or fail there) instead of the endpoint that is written down.
Bad:
    # --platform pipelines=2.16
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      providers: |
        s3:
          default:
            endpoint: minio.storage:9000
            credentials: {fromEnv: true}
Good:
    # --platform pipelines=2.16
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      providers: |
        s3:
          default:
            endpoint: minio.storage:9000
            credentials: {secretRef: {secretName: store, accessKeyKey: accesskey, secretKeyKey: secretkey}}
Source: kubeflow/pipelines#13551, backend/src/v2/objectstore/object_store.go
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import launcher
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature

RULE = rule(__doc__, "KFP007", "endpoint-ignored-with-environment")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every default and override; nothing where the installed release is not known."""
    version = ctx.versions.get("pipelines")
    if version is None or ctx.has(Feature.LAUNCHER_ENVIRONMENT_KEEPS_ENDPOINT):
        return
    for provider in launcher.providers(ctx):
        for part in provider.parts if provider.scheme in launcher.S3_LIKE else ():
            stated = [
                name for name in launcher.IGNORED if part.get(name) is not None and part.get(name) != ""
            ]
            if stated and launcher.by_environment(part):
                message = f"Pipelines {version} ignores {_words(stated)} when `fromEnv` is true"
                help_ = "name a Secret under `secretRef`, or upgrade to Pipelines 2.17"
                yield ctx.report(RULE, provider.item, part.to(stated[0]), message, help_)


def _words(names: list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else quoted[0]


CHECK = Check(RULE, reads=frozenset({"ConfigMap"}), run=check)

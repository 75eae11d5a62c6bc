"""Credentials of kfp-launcher are to come from a Secret, but the Secret or its keys are not named.

`fromEnv` is false unless it is stated.

Breaks: in a `default` without `secretRef` the driver dies of a nil pointer; with a name or a key missing each run
fails with "could not find required bucket credential values".
Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      providers: |
        minio:
          default:
            endpoint: minio.storage:9000
            credentials: {fromEnv: false}
Good:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      providers: |
        minio:
          default:
            endpoint: minio.storage:9000
            credentials: {secretRef: {secretName: store, accessKeyKey: accesskey, secretKeyKey: secretkey}}
Source: kubeflow/pipelines backend/src/v2/config/s3.go and gcs.go, backend/src/v2/objectstore/object_store.go
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import launcher
from backstay.check.rules.kfp.launcher import Node
from backstay.core.diagnostic import Diagnostic

RULE = rule(__doc__, "KFP004", "provider-secret-unnamed")

_S3_KEYS = ("secretName", "accessKeyKey", "secretKeyKey")
_KEYS = {"minio": _S3_KEYS, "s3": _S3_KEYS, "gs": ("secretName", "tokenKey")}


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the credentials of every default and override that has any."""
    for provider in launcher.providers(ctx):
        keys = _KEYS[provider.scheme]
        for part in provider.parts:
            credentials = part.node("credentials")
            if credentials is None or credentials.get("fromEnv") is True:
                continue
            for node, missing in _missing(credentials, keys):
                message = f"`{provider.scheme}` takes its credentials from a Secret, and {missing} is missing"
                help_ = (
                    f"write `secretRef: {{{', '.join(f'{key}: ...' for key in keys)}}}`, or `fromEnv: true`"
                )
                yield ctx.report(RULE, provider.item, node.route, message, help_)


def _missing(credentials: Node, keys: tuple[str, ...]) -> Iterator[tuple[Node, str]]:
    """What credentials from a Secret lack, and the mapping that lacks it."""
    secret = credentials.node("secretRef")
    if secret is None:
        yield credentials, "`secretRef`"
        return
    for key in keys:
        if not secret.text(key):
            yield secret, f"`{key}`"


CHECK = Check(RULE, reads=frozenset({"ConfigMap"}), run=check)

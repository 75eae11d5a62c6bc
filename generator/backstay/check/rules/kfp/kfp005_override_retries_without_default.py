"""An override of kfp-launcher states `maxRetries` while its default does not.

Where an override states `maxRetries` at all, the launcher copies the default's: the override's own number is
ignored, and when the default has none it follows a nil pointer.

Breaks: the root driver of each run in that bucket panics; where it does not, the number has no effect.
Bad:
    # --platform pipelines=2.17
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      providers: |
        s3:
          default: {endpoint: s3.amazonaws.com, credentials: {fromEnv: true}}
          overrides: [{bucketName: models, maxRetries: 9, credentials: {fromEnv: true}}]
Good:
    # --platform pipelines=2.17
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      providers: |
        s3:
          default: {endpoint: s3.amazonaws.com, maxRetries: 9, credentials: {fromEnv: true}}
          overrides: [{bucketName: models, credentials: {fromEnv: true}}]
Source: kubeflow/pipelines backend/src/v2/config/s3.go (tags 2.15.0 to 2.17.0)
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import launcher
from backstay.check.rules.kfp.launcher import Node, Provider
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.feature import Feature
from backstay.core.fix import Edit, safe

RULE = rule(__doc__, "KFP005", "override-retries-without-default")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the overrides of every S3-like provider."""
    if not ctx.has(Feature.LAUNCHER_OVERRIDE_RETRIES_COPIED):
        return
    for provider in launcher.providers(ctx):
        for override in provider.overrides if provider.scheme in launcher.S3_LIKE else ():
            if override.get("maxRetries") is not None:
                yield from _override(ctx, provider, override)


def _override(ctx: Context, provider: Provider, override: Node) -> Iterator[Diagnostic]:
    there = provider.default.get("maxRetries") if provider.default else None
    if there is None:
        message = "the launcher panics on an override's `maxRetries` when the default states none"
        help_ = "state `maxRetries` in `default` and take it out of the override"
        yield ctx.report(RULE, provider.item, override.to("maxRetries"), message, help_)
    elif there != override.get("maxRetries"):
        message = "the launcher ignores an override's `maxRetries` and takes the default's"
        help_ = "take it out of the override: one number holds for all buckets"
        yield ctx.report(RULE, provider.item, override.to("maxRetries"), message, help_, Severity.WARNING,
                         safe("take it out of the override", Edit(override.to("maxRetries"), None)))  # fmt: skip


CHECK = Check(RULE, reads=frozenset({"ConfigMap"}), run=check)

"""A provider of kfp-launcher states no credentials where the launcher insists on them.

As soon as `default` or `overrides` is there (an empty `overrides: []` counts), `default.credentials` has to be;
an override needs credentials of its own.

Breaks: the root driver of each run on such a pipeline root ends with "invalid provider config: missing default
credentials" (or "missing override ...").
Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      providers: |
        minio: {default: {endpoint: minio.storage:9000}}
Good:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: kfp-launcher, namespace: team-a}
    data:
      providers: |
        minio: {default: {endpoint: minio.storage:9000, credentials: {fromEnv: true}}}
Source: kubeflow/pipelines backend/src/v2/config/s3.go and gcs.go, env_test.go
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import launcher
from backstay.check.rules.kfp.launcher import Node, Provider
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.core.fix import Edit, Fix, unsafe

RULE = rule(__doc__, "KFP003", "provider-without-credentials")

_HELP = "add `credentials: {fromEnv: true}` or `credentials: {fromEnv: false, secretRef: {...}}`"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the default and the overrides of every provider."""
    for provider in launcher.providers(ctx):
        yield from _default(ctx, provider)
        for override in provider.overrides:
            if override.node("credentials") is None:
                message = (
                    f"an override of `{provider.scheme}` has no `credentials`, which each override needs"
                )
                yield ctx.report(
                    RULE, provider.item, override.route, message, _HELP, fix=_mend(ctx, override)
                )


def _default(ctx: Context, provider: Provider) -> Iterator[Diagnostic]:
    default = provider.default
    if default is None and provider.node.get("overrides") is not None:
        message = f"`{provider.scheme}` has `overrides` but no `default`, and the launcher wants both"
        yield ctx.report(
            RULE, provider.item, provider.node.to("overrides"), message, f"write a `default` and {_HELP}"
        )
    elif default is not None and default.node("credentials") is None:
        message = f"the default of `{provider.scheme}` has no `credentials`"
        yield ctx.report(RULE, provider.item, default.route, message, _HELP, fix=_mend(ctx, default))


def _mend(ctx: Context, node: Node) -> Fix | None:
    """The environment's credentials, unless the release would then pass over what stands beside them."""
    own = any(node.get(name) not in (None, "") for name in launcher.IGNORED)
    if own and "pipelines" in ctx.versions and not ctx.has(Feature.LAUNCHER_ENVIRONMENT_KEEPS_ENDPOINT):
        return None
    if node.key("credentials") is not None:
        return None
    return unsafe(
        "take the credentials of the environment", Edit((*node.route, "credentials"), {"fromEnv": True})
    )


CHECK = Check(RULE, reads=frozenset({"ConfigMap"}), run=check)

"""A multi-user install changes its bucket or pipeline root in a place that profiles do not look at.

From 2.15 the profile controller writes bucket `mlpipeline` and a root of its own into each profile, whatever
pipeline-install-config says. What is already there it leaves alone: a profile with its own kfp-launcher and
artifact-repositories keeps them.

Not judged: profiles that come later, and those that are not at hand.

Breaks: every profile goes on writing to bucket `mlpipeline`, where the change was meant to lead elsewhere.
Bad:
    storage: {runNamespaces: [], artifacts: {bucket: models}}
Good:
    storage: {runNamespaces: [team-a], artifacts: {bucket: models}}
Source: kubeflow/pipelines manifests/kustomize/base/installs/multi-user/pipelines-profile-controller/sync.py
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import argo, install, launcher
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature

RULE = rule(__doc__, "KFP014", "profile-store-ignored")

_BUILT_IN = {"bucketName": {"mlpipeline", ""}, "defaultPipelineRoot": {launcher.ROOT_WHEN_EMPTY, ""}}
_OWN = (launcher.NAME, argo.REPOSITORIES)


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge pipeline-install-config against what each known profile has of its own."""
    if not ctx.has(Feature.PROFILE_ROOT_HARD_CODED) or not install.multi_user(ctx):
        return
    profiles = install.profiles(ctx)
    bare = [profile for profile in profiles if not _has_its_own(ctx, profile)]
    for item in ctx.named("ConfigMap", install.CONFIG) if bare or not profiles else ():
        for key, built_in in _BUILT_IN.items():
            value = look.text(look.data(item).get(key))
            if value is not None and value not in built_in:
                message = f"profiles ignore `{key}` unless they have their own {' and '.join(_OWN)}, which {_who(bare)}"
                yield ctx.report(RULE, item, ("data", key), message, f"write both into {_where(bare)}")


def _has_its_own(ctx: Context, profile: str) -> bool:
    return all(look.config_map(ctx, profile, name) for name in _OWN)


def _who(bare: list[str]) -> str:
    return f"{', '.join(bare)} lacks" if len(bare) == 1 else f"{', '.join(bare)} lack" if bare else "none has"


def _where(bare: list[str]) -> str:
    return f"namespace {', '.join(bare)}" if bare else "the namespace of every profile"


CHECK = Check(RULE, reads=frozenset({"ConfigMap", "Deployment", "Profile", "Namespace"}), run=check)

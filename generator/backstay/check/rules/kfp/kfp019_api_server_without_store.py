"""The Pipelines API server is not told its store completely and does not start.

A variable that is set and empty counts as set; one that is not set has the default of config.json, which knows a
bucket and both keys but no host.

Not judged: values that are not at hand, and a patch of `env` that does not replace the whole list.

Breaks: ml-pipeline exits at start with "ObjectStoreConfig.Host is required" or a credentials error; nothing runs.
Bad:
    # --platform pipelines=2.15
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: ml-pipeline, namespace: kubeflow}
    spec:
      template:
        spec:
          containers:
            - name: ml-pipeline-api-server
              env:
                - {name: OBJECTSTORECONFIG_PORT, value: "9000"}
Good:
    # --platform pipelines=2.15
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: ml-pipeline, namespace: kubeflow}
    spec:
      template:
        spec:
          containers:
            - name: ml-pipeline-api-server
              env:
                - {name: OBJECTSTORECONFIG_HOST, value: seaweedfs.kubeflow}
                - {name: OBJECTSTORECONFIG_PORT, value: "9000"}
Source: kubeflow/pipelines backend/src/apiserver/client_manager/client_manager.go, backend/src/apiserver/config/config.json
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import install
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.core.route import Route

RULE = rule(__doc__, "KFP019", "api-server-without-store")

_HOST, _BUCKET = "OBJECTSTORECONFIG_HOST", "OBJECTSTORECONFIG_BUCKETNAME"
_KEYS = ("OBJECTSTORECONFIG_ACCESSKEY", "OBJECTSTORECONFIG_SECRETACCESSKEY")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the environment of every API server of a release that needs to be told its store."""
    if not ctx.has(Feature.API_SERVER_NEEDS_STORE):
        return
    for container, env in install.environments(ctx, install.API_SERVER):
        for route, message, help_ in _faults(ctx, env, (*container.route, "env")):
            yield ctx.report(RULE, container.item, route, message, help_)


def _faults(ctx: Context, env: look.Environment, whole: Route) -> Iterator[tuple[Route, str, str]]:
    host, bucket = env.get(_HOST), env.get(_BUCKET)
    if env.lacks(_HOST) or (host and host.value == ""):
        yield (
            host.route if host else whole,
            f"the API server has no {_HOST}",
            f"set {_HOST} to the store's host name",
        )
    if bucket and bucket.value == "":
        yield bucket.route, f"{_BUCKET} is empty", f"set {_BUCKET} to the bucket's name"
    yield from _keys(ctx, env)


def _keys(ctx: Context, env: look.Environment) -> Iterator[tuple[Route, str, str]]:
    """One key of two, or none where the release insists on both."""
    empty = [found for found in map(env.get, _KEYS) if found and found.value == ""]
    if len(empty) == 1:
        other = next(key for key in _KEYS if key != empty[0].name)
        if env.lacks(other) or env.get(other):
            yield (
                empty[0].route,
                f"{empty[0].name} is empty and {other} is not",
                'set both keys, or both to ""',
            )
    elif empty and ctx.has(Feature.API_SERVER_NEEDS_KEYS):
        yield (
            empty[0].route,
            f"Pipelines {ctx.versions.get('pipelines', '')} does not start with empty store keys",
            "give both keys from a Secret, or upgrade to Pipelines 2.16 or later",
        )


CHECK = Check(RULE, reads=frozenset({"Deployment", "ConfigMap"}), run=check)

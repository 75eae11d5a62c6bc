"""A MINIO_SERVICE_* variable is to steer the API server or the launcher, and this release no longer reads it.

Up to 2.14 both took the store's address from the variables of a Service minio-service.

Breaks: the API server stops with "ObjectStoreConfig.Host is required", or launchers go on dialling the default.
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
                - {name: MINIO_SERVICE_SERVICE_HOST, value: minio.storage}
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
                - {name: OBJECTSTORECONFIG_HOST, value: minio.storage}
Source: kubeflow/pipelines#11965
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import argo, install
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.core.fix import Edit, Fix, safe, unsafe
from backstay.core.route import Route

RULE = rule(__doc__, "KFP010", "dead-store-variable")

_INSTEAD = {
    "MINIO_SERVICE_SERVICE_HOST": "OBJECTSTORECONFIG_HOST",
    "MINIO_SERVICE_SERVICE_PORT": "OBJECTSTORECONFIG_PORT",
    "MINIO_SERVICE_REGION": "OBJECTSTORECONFIG_REGION",
    "MINIO_SERVICE_SECURE": "OBJECTSTORECONFIG_SECURE",
}


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the API server's environment, and what Argo and PodDefaults put into the steps' pods."""
    version = ctx.versions.get("pipelines")
    if version is None or ctx.has(Feature.STORE_BY_SERVICE_LINKS):
        return
    for item, route, name, help_, fix in (*_of_api_server(ctx), *_of_steps(ctx)):
        yield ctx.report(RULE, item, route, f"Pipelines {version} does not read {name}", help_, fix=fix)


def _of_api_server(ctx: Context) -> Iterator[tuple[Item, Route, str, str, Fix | None]]:
    for container, env in install.environments(ctx, install.API_SERVER):
        for name, instead in _INSTEAD.items():
            found = env.get(name)
            if found:
                yield container.item, found.route, name, f"set {instead}", _renamed(found, env, instead)


def _renamed(found: look.Env, env: look.Environment, instead: str) -> Fix | None:
    """The name that this release reads; where that is set too, the dead entry goes. None for what `envFrom` brings."""
    entry = found.route[:-1]
    if entry[-2:-1] != ("env",):
        return None
    if env.get(instead):
        return safe("take it out", Edit(entry, None))
    return unsafe(f"name it {instead}", Edit((*entry, "name"), instead))


def _of_steps(ctx: Context) -> Iterator[tuple[Item, Route, str, str, Fix | None]]:
    mains = [
        (part.item, part.value.get("env"), (*part.route, "env"))
        for part in argo.setting(ctx, "mainContainer")
    ]
    defaults = [
        (item, look.at(item.value, "spec", "env"), ("spec", "env")) for item in ctx.of_kind("PodDefault")
    ]
    for item, env, route in (*mains, *defaults):
        for entry, place in look.entries(env, route):
            name = look.text(entry.get("name"))
            if name in _INSTEAD:
                yield item, place, name, "state the endpoint under `providers` of kfp-launcher", None


CHECK = Check(RULE, reads=frozenset({"Deployment", "ConfigMap", "PodDefault"}), run=check)

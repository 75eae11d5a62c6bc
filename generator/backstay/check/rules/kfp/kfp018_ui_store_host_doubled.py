"""ml-pipeline-ui appends a namespace to a store host that is already complete.

The UI dials `MINIO_HOST.MINIO_NAMESPACE`, and an unset MINIO_NAMESPACE means `kubeflow`.

Not judged: a MINIO_NAMESPACE whose value is not at hand, and a patch that does not set it.

Breaks: every artifact preview and download in the UI fails on a host name that does not exist, while runs work.
Bad:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: ml-pipeline-ui, namespace: kubeflow}
    spec:
      template:
        spec:
          containers:
            - name: ml-pipeline-ui
              env:
                - {name: MINIO_HOST, value: minio.storage.svc.cluster.local}
                - {name: MINIO_NAMESPACE, value: kubeflow}
Good:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: ml-pipeline-ui, namespace: kubeflow}
    spec:
      template:
        spec:
          containers:
            - name: ml-pipeline-ui
              env:
                - {name: MINIO_HOST, value: minio.storage.svc.cluster.local}
                - {name: MINIO_NAMESPACE, value: ""}
Source: kubeflow/pipelines frontend/server/configs.ts
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import install
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, Fix, safe

RULE = rule(__doc__, "KFP018", "ui-store-host-doubled")

_UNSET = "kubeflow"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the environment of every ml-pipeline-ui."""
    for container, env in install.environments(ctx, install.UI):
        found = _doubled(env)
        if found is not None:
            host, dialled = found
            message = f"the UI dials `{dialled}`, which is MINIO_HOST with a namespace appended"
            yield ctx.report(RULE, container.item, host.route, message, 'set MINIO_NAMESPACE to ""',
                             fix=_mend(container, env))  # fmt: skip


def _mend(container: look.Container, env: look.Environment) -> Fix:
    """An empty namespace: in the entry that there is, else in a further one."""
    there = env.get("MINIO_NAMESPACE")
    listed = (*container.route, "env")
    if there is not None and there.route[: len(listed)] == listed:
        return safe("empty MINIO_NAMESPACE", Edit(there.route, ""))
    behind = len(look.listing(container.value.get("env")))
    return safe("set MINIO_NAMESPACE", Edit((*listed, behind), {"name": "MINIO_NAMESPACE", "value": ""}))


def _doubled(env: look.Environment) -> tuple[look.Env, str] | None:
    """MINIO_HOST and what the UI makes of it, where that is a complete name with a namespace behind it."""
    host = env.get("MINIO_HOST")
    namespace = _UNSET if env.lacks("MINIO_NAMESPACE") else env.value("MINIO_NAMESPACE")
    if host is None or host.value is None or "." not in host.value or not namespace:
        return None
    return host, f"{host.value}.{namespace}"


CHECK = Check(RULE, reads=frozenset({"Deployment", "ConfigMap"}), run=check)

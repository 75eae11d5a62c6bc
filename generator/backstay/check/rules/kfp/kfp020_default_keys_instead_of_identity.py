"""The API server is meant to use its pod's own identity and still has store keys.

Unset keys are not absent: config.json of every release has `minio` and `minio123`. Only keys that are set and
empty make the API server use the identity of its service account.

Not judged: without a spec, an API server whose service account names no AWS role.

Breaks: uploads of pipelines fail with "the access key id you provided does not exist in our records".
Bad:
    platform: {pipelines: {version: "2.17"}}
    storage:
      artifacts:
        url: https://s3.eu-west-1.amazonaws.com
        region: eu-west-1
        provider: s3
        credentials: {secret: null, fromEnvironment: true}
      overrides: {apiServerEnv: {OBJECTSTORECONFIG_ACCESSKEY: AKIA}}
Good:
    platform: {pipelines: {version: "2.17"}}
    storage:
      artifacts:
        url: https://s3.eu-west-1.amazonaws.com
        region: eu-west-1
        provider: s3
        credentials: {secret: null, fromEnvironment: true}
Source: kubeflow/pipelines backend/src/apiserver/config/config.json, backend/src/apiserver/main.go (AllowEmptyEnv)
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import install
from backstay.core.diagnostic import Diagnostic
from backstay.core.fix import Edit, Fix, unsafe
from backstay.core.route import Route

RULE = rule(__doc__, "KFP020", "default-keys-instead-of-identity")

_KEYS = ("OBJECTSTORECONFIG_ACCESSKEY", "OBJECTSTORECONFIG_SECRETACCESSKEY")
_ROLE = "eks.amazonaws.com/role-arn"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the two keys of every API server that is meant to use its own identity."""
    stated = (
        ctx.cluster is not None
        and ctx.cluster.storage is not None
        and ctx.cluster.storage.store.credentials is None
    )
    for container, env in install.environments(ctx, install.API_SERVER):
        if stated or _has_role(ctx, container.item):
            fix = _emptied(container, env, stated=stated)
            for key, route, message in _faults(env, (*container.route, "env"), stated=stated):
                yield ctx.report(RULE, container.item, route, message, f'set {key} to ""', fix=fix)


def _faults(env: look.Environment, whole: Route, *, stated: bool) -> Iterator[tuple[str, Route, str]]:
    for key in _KEYS:
        found = env.get(key)
        if env.lacks(key):
            yield key, whole, f"{key} is not set, so the default of config.json is used"
        elif stated and found and found.value != "":
            yield key, found.route, f"{key} is set, although the pod's own identity is wanted"


def _emptied(container: look.Container, env: look.Environment, *, stated: bool) -> Fix | None:
    """Both keys at once: one alone would keep the API server from starting."""
    keys = [key for key, *_ in _faults(env, (), stated=stated)]
    edits = [one for key in keys if (one := look.assigned(container, env, key, "")) is not None]
    if len(edits) < len(keys):
        return None
    own = [one for one in edits if one.route[-1] == "value"]
    added = [one for one in edits if one not in own]
    end = len(look.listing(container.value.get("env")))
    behind = [Edit((*one.route[:-1], end + number), one.value) for number, one in enumerate(added)]
    return unsafe(f"empty {' and '.join(keys)}", *own, *behind)


def _has_role(ctx: Context, item: Item) -> bool:
    """Whether the API server's service account is at hand and names an AWS role."""
    name = look.pod_spec(item)[0].get("serviceAccountName")
    accounts = (a for a in ctx.named("ServiceAccount", str(name)) if a.ref.namespace == item.ref.namespace)
    return any(look.text(look.at(account.value, "metadata", "annotations", _ROLE)) for account in accounts)


CHECK = Check(RULE, reads=frozenset({"Deployment", "ServiceAccount", "ConfigMap"}), run=check)

"""ml-pipeline-ui looks for archived logs in another place than the one where Argo puts them.

When the pod is gone and the Workflow too, the UI fills in ARGO_KEYFORMAT (from 2.15 on its default is not what
the shipped controller writes) in bucket ARGO_ARCHIVE_BUCKETNAME. It can fill in workflow.name, workflow.namespace,
pod.name and the Y, m and d of workflow.creationTimestamp, each once; any other tag makes it give up.

Not judged: a UI that does not read archived logs, and variables that a patch leaves out.

Breaks: logs of finished steps are "not found" in the UI although they were archived.
Bad:
    storage: {overrides: {keyFormat: "logs/{{workflow.labels.team}}/{{pod.name}}"}}
Good:
    storage: {overrides: {keyFormat: "logs/{{workflow.namespace}}/{{pod.name}}"}}
Source: kubeflow/pipelines frontend/server/configs.ts and workflow-helper.ts; kubeflow/pipelines#11010, #11354, #11976
"""

import re
from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import archive, argo, install, places
from backstay.check.rules.kfp.archive import Archive
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.feature import Feature
from backstay.core.fix import safe

RULE = rule(__doc__, "KFP017", "archived-logs-not-found", Severity.WARNING)

_DATE = "/".join(f"{{{{workflow.creationTimestamp.{part}}}}}" for part in "Ymd")
_BUILT_IN = f"artifacts/{{{{workflow.name}}}}/{_DATE}/{{{{pod.name}}}}"
_FILLED = (
    "workflow.name",
    "workflow.namespace",
    "pod.name",
    *(f"workflow.creationTimestamp.{p}" for p in "Ymd"),
)
_TAG = re.compile(r"\{\{(.*?)\}\}")
_TRUE = {"true", "1"}


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge each ml-pipeline-ui against the controller's repository and those of the namespaces."""
    if "pipelines" in ctx.versions and not ctx.has(Feature.UI_KEY_FORMAT):
        return
    found = list(_archives(ctx))
    for container, env in install.environments(ctx, install.UI):
        if _reads_archives(env):
            yield from _keys(ctx, container, env, found)
            yield from _bucket(ctx, container, env, found)


def _archives(ctx: Context) -> Iterator[Archive]:
    for repository in (*argo.setting(ctx, "artifactRepository"), *places.default_repositories(ctx)):
        found = archive.archive(repository)
        if found:
            yield found


def _reads_archives(env: look.Environment) -> bool:
    """Whether ARGO_ARCHIVE_LOGS is on; a patch that leaves it out keeps the manifests' `true`."""
    stated = env.value("ARGO_ARCHIVE_LOGS")
    return (
        stated.lower() in _TRUE
        if stated is not None
        else not env.complete and not env.get("ARGO_ARCHIVE_LOGS")
    )


def _keys(
    ctx: Context, container: look.Container, env: look.Environment, found: list[Archive]
) -> Iterator[Diagnostic]:
    stated = env.get("ARGO_KEYFORMAT")
    keys = _BUILT_IN if env.lacks("ARGO_KEYFORMAT") else env.value("ARGO_KEYFORMAT")
    if keys is None:
        return
    route = stated.route if stated else (*container.route, "env")
    unfilled = _unfilled(archive.tight(keys))
    if unfilled:
        message = f"the UI cannot fill in `{{{{{unfilled}}}}}` of its key format, or not twice"
        yield ctx.report(
            RULE, container.item, route, message, f"use no tags but {', '.join(_FILLED)}, each once"
        )
        return
    other = next((there for there in found if not _agree(env, archive.tight(keys), there)), None)
    if other:
        message = (
            f"the UI looks for logs under `{keys}`, and {_who(other)} archives them under `{other.keys}`"
        )
        agreed = all(_agree(env, other.keys, there) for there in found)
        edit = look.assigned(container, env, "ARGO_KEYFORMAT", other.keys) if agreed else None
        fix = safe(f"set it to `{other.keys}`", edit) if edit else None
        yield ctx.report(RULE, container.item, route, message, f"set ARGO_KEYFORMAT={other.keys}", fix=fix)


def _unfilled(keys: str) -> str | None:
    """The first tag that is left after the UI has replaced each that it knows once."""
    tags = _TAG.findall(keys)
    return next((tag for index, tag in enumerate(tags) if tag not in _FILLED or tag in tags[:index]), None)


def _agree(env: look.Environment, keys: str, there: Archive) -> bool:
    namespace = there.place.item.ref.namespace
    own = there.place.item.ref.name == argo.REPOSITORIES
    if _looked_up(env, there):
        return True
    return (
        Archive(there.place, keys).keys_in(namespace) == there.keys_in(namespace)
        if own
        else keys == there.keys
    )


def _looked_up(env: look.Environment, there: Archive) -> bool:
    """Whether the UI reads that namespace's key format itself, for which the data key has to have this name."""
    asked = (env.value("ARGO_ARTIFACT_REPOSITORIES_LOOKUP") or "").lower() in _TRUE
    return asked and argo.REPOSITORIES in look.data(there.place.item)


def _bucket(
    ctx: Context, container: look.Container, env: look.Environment, found: list[Archive]
) -> Iterator[Diagnostic]:
    stated = env.get("ARGO_ARCHIVE_BUCKETNAME")
    bucket = "mlpipeline" if env.lacks("ARGO_ARCHIVE_BUCKETNAME") else env.value("ARGO_ARCHIVE_BUCKETNAME")
    other = next((there for there in found if there.place.bucket not in {None, bucket}), None)
    if bucket is not None and other:
        route = stated.route if stated else (*container.route, "env")
        message = f"the UI looks for logs in bucket `{bucket}`, and {_who(other)} archives them in `{other.place.bucket}`"
        named = {there.place.bucket for there in found} - {None}
        edit = look.assigned(container, env, "ARGO_ARCHIVE_BUCKETNAME", str(other.place.bucket))
        fix = safe(f"set it to `{other.place.bucket}`", edit) if edit and len(named) == 1 else None
        help_ = f"set ARGO_ARCHIVE_BUCKETNAME={other.place.bucket}"
        yield ctx.report(RULE, container.item, route, message, help_, fix=fix)


def _who(there: Archive) -> str:
    item = there.place.item
    return f"{item.ref.name} of {item.ref.namespace}" if item.ref.name == argo.REPOSITORIES else item.ref.name


CHECK = Check(RULE, reads=frozenset({"ConfigMap", "Deployment"}), run=check)

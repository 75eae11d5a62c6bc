"""A namespace's artifact-repositories takes the place of the controller's repository.

Argo looks for ConfigMap artifact-repositories in the workflow's namespace first and takes the key that its
annotation names; the controller's `artifactRepository` counts only where there is no such ConfigMap. A difference
between the two is worth knowing, and may be meant: a note. A ConfigMap whose annotation is missing, or names a key
that is not there, is an error.

Not judged: an annotation that a patch does not state.

Breaks: a change of workflow-controller-configmap has no effect in that namespace; without a valid default key
every workflow there ends with "config map missing key".
Bad:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: artifact-repositories
      namespace: team-a
      annotations: {workflows.argoproj.io/default-artifact-repository: main}
    data:
      default: |
        s3: {endpoint: minio.storage:9000, bucket: mlpipeline}
Good:
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: artifact-repositories
      namespace: team-a
      annotations: {workflows.argoproj.io/default-artifact-repository: default}
    data:
      default: |
        s3: {endpoint: minio.storage:9000, bucket: mlpipeline}
Source: argoproj/argo-workflows workflow/artifactrepositories/artifactrepositories.go
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import archive, argo, places
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.fix import Edit, Fix, safe

RULE = rule(__doc__, "KFP016", "shadowed-repository")

_ANNOTATIONS = ("metadata", "annotations")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every artifact-repositories: its default key, and how it differs from the controller's repository."""
    for item in ctx.named("ConfigMap", argo.REPOSITORIES):
        fault = _bad_default(item)
        if fault:
            have = ", ".join(f"`{key}`" for key in look.data(item)) or "none yet"
            help_ = f"annotate `{places.DEFAULT_KEY}` with a key of `data` ({have})"
            yield ctx.report(RULE, item, _ANNOTATIONS, fault, help_, fix=_only_key(item))
    yield from _shadows(ctx)


def _bad_default(item: Item) -> str | None:
    key = places.default_key(item)
    if item.partial or key in look.data(item):
        return None
    named = f"`{key}`, which is not there" if key else "no default key"
    return f"artifact-repositories of {item.ref.namespace} names {named}, and every workflow there fails"


def _only_key(item: Item) -> Fix | None:
    """The only key there is, which must be the one that is meant."""
    keys = list(look.data(item))
    if len(keys) != 1:
        return None
    return safe(f"annotate it with `{keys[0]}`", Edit((*_ANNOTATIONS, places.DEFAULT_KEY), keys[0]))


def _shadows(ctx: Context) -> Iterator[Diagnostic]:
    controller = next(iter(argo.setting(ctx, "artifactRepository")), None)
    general = archive.archive(controller) if controller else None
    for repository in places.default_repositories(ctx):
        own = archive.archive(repository)
        namespace = repository.item.ref.namespace
        if general and own and not archive.same(ctx, own, general, namespace):
            message = f"workflows in {namespace} use `{own}` and not the controller's `{general}`"
            help_ = "nothing to do if that is meant; else let the two say the same"
            yield ctx.report(RULE, repository.item, repository.route, message, help_, Severity.INFO)


CHECK = Check(RULE, reads=frozenset({"ConfigMap", "Service"}), run=check)

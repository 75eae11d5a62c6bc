"""A profile writes to a path of the bundled SeaweedFS that its user may not touch.

From 2.15 each profile has a SeaweedFS user of its own. In bucket `mlpipeline` it may use `artifacts/`, `shared/`,
`private/NAMESPACE/` and `private-artifacts/NAMESPACE/`, nothing else.

Not judged: other stores, other Secrets than the profile's mlpipeline-minio-artifact, and the controller's
repository, which profiles do not use.

Breaks: uploads of artifacts or of archived logs end with AccessDenied.
Bad:
    platform: {pipelines: {version: "2.17"}}
    storage:
      artifacts: {url: "http://seaweedfs.kubeflow.svc.cluster.local:9000", prefix: v2/artifacts}
Good:
    platform: {pipelines: {version: "2.17"}}
    storage:
      artifacts: {url: "http://seaweedfs.kubeflow.svc.cluster.local:9000", prefix: artifacts/v2}
Source: kubeflow/pipelines manifests/kustomize/base/installs/multi-user/pipelines-profile-controller/sync.py
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import archive, endpoint, install, launcher, places
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.core.fix import Edit, unsafe

RULE = rule(__doc__, "KFP015", "outside-profile-policy")

_BUCKET, _SECRET = "mlpipeline", "mlpipeline-minio-artifact"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the pipeline root and the archive's key format of each profile."""
    if not ctx.has(Feature.PROFILE_ROOT_HARD_CODED) or not install.multi_user(ctx):
        return
    for item in install.run_launchers(ctx):
        yield from _launcher(ctx, item)
    profiles = install.profiles(ctx)
    for repository in places.default_repositories(ctx):
        if repository.item.ref.namespace in profiles:
            yield from _repository(ctx, repository)


def _launcher(ctx: Context, item: Item) -> Iterator[Diagnostic]:
    root = launcher.root_of(item)
    if root is None or root.query or not _uses_profile_store(ctx, item, root.scheme):
        return
    fault = _fault(item, root.bucket, f"{root.prefix}/")
    if fault:
        good = f"{root.scheme}://{_BUCKET}/private-artifacts/{item.ref.namespace}/{root.prefix}"
        help_ = f"write `defaultPipelineRoot: {good}`, or let its path start with `artifacts/`"
        fix = unsafe(f"write `{good}`", Edit(("data", "defaultPipelineRoot"), good))
        yield ctx.report(RULE, item, ("data", "defaultPipelineRoot"), fault, help_, fix=fix)


def _uses_profile_store(ctx: Context, item: Item, scheme: str) -> bool:
    """Whether the launcher dials SeaweedFS as the profile's user."""
    provider = next((p for p in launcher.providers_of(ctx, item) if p.scheme == scheme and p.states), None)
    if provider is None:
        written, secret = install.default_store(ctx), _SECRET
        stated = scheme == "minio" and not item.partial
    else:
        credentials = provider.default and provider.default.node("credentials")
        reference = credentials.node("secretRef") if credentials else None
        written = provider.default.text("endpoint") if provider.default else ""
        secret, stated = reference.text("secretName") if reference else "", True
    return stated and secret == _SECRET and _is_seaweedfs(ctx, written, item.ref.namespace)


def _repository(ctx: Context, repository: look.Part) -> Iterator[Diagnostic]:
    found, namespace = archive.archive(repository), repository.item.ref.namespace
    if found is None or found.place.endpoint is None:
        return
    if look.at(repository.value, "s3", "accessKeySecret", "name") != _SECRET:
        return
    fault = endpoint.is_seaweedfs(ctx, found.place.endpoint) and _fault(
        repository.item, found.place.bucket, found.keys_in(namespace)
    )
    if fault:
        help_ = f"let `keyFormat` start with `private-artifacts/{namespace}/` and name the bucket `{_BUCKET}`"
        yield ctx.report(RULE, repository.item, (*repository.route, "s3", "keyFormat"), fault, help_)


def _is_seaweedfs(ctx: Context, written: str | None, namespace: str) -> bool:
    found = endpoint.read(written, namespace)
    return found is not None and endpoint.is_seaweedfs(ctx, found)


def _fault(item: Item, bucket: str | None, path: str) -> str | None:
    namespace = item.ref.namespace
    allowed = ("artifacts/", "shared/", f"private/{namespace}/", f"private-artifacts/{namespace}/")
    if bucket != _BUCKET:
        return f"the user of profile {namespace} may only use bucket `{_BUCKET}`, and this is `{bucket or 'none'}`"
    if path.startswith(allowed):
        return None
    return f"the user of profile {namespace} may not write to `{path}` in SeaweedFS"


CHECK = Check(
    RULE, reads=frozenset({"ConfigMap", "Deployment", "Service", "Profile", "Namespace"}), run=check
)

"""Parts that are released together have different versions.

The API server starts driver and launcher with arguments of its own release, and the workflow controller its
executor; a Pipelines release is tested with one line of Argo Workflows.

Not judged: images that are named by digest or without a tag.

Breaks: runs fail at their first step on an unknown flag, or steps hang because controller and executor report in
different ways.
Bad:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: ml-pipeline, namespace: kubeflow}
    spec:
      template:
        spec:
          containers:
            - name: ml-pipeline-api-server
              image: ghcr.io/kubeflow/kfp-api-server:2.15.0
              env:
                - {name: OBJECTSTORECONFIG_HOST, value: seaweedfs.kubeflow}
                - {name: V2_LAUNCHER_IMAGE, value: "ghcr.io/kubeflow/kfp-launcher:2.5.0"}
Good:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: ml-pipeline, namespace: kubeflow}
    spec:
      template:
        spec:
          containers:
            - name: ml-pipeline-api-server
              image: ghcr.io/kubeflow/kfp-api-server:2.15.0
              env:
                - {name: OBJECTSTORECONFIG_HOST, value: seaweedfs.kubeflow}
                - {name: V2_LAUNCHER_IMAGE, value: "ghcr.io/kubeflow/kfp-launcher:2.15.0"}
Source: kubeflow/pipelines manifests/kustomize/base/pipeline/ml-pipeline-apiserver-deployment.yaml, manifests/kustomize/third-party/argo
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import install
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.route import Route
from backstay.upstream.catalog import WORKFLOWS
from backstay.upstream.pipelines import RELEASES

RULE = rule(__doc__, "KFP033", "version-skew")

_IMAGES = ("V2_DRIVER_IMAGE", "V2_LAUNCHER_IMAGE")
_EXECUTOR = "--executor-image"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge the API server's images, the controller's, and the lines of both systems."""
    yield from _stated_line(ctx)
    for container, env in install.environments(ctx, install.API_SERVER):
        yield from _api_server(ctx, container, env)
    for item in ctx.named("Deployment", "workflow-controller"):
        for container in look.containers(item, "workflow-controller"):
            yield from _controller(ctx, container)


def _stated_line(ctx: Context) -> Iterator[Diagnostic]:
    """The spec's own line of Argo Workflows against what Pipelines ships."""
    workflows = ctx.cluster.workflows if ctx.cluster else None
    if (
        workflows is not None
        and workflows.shipped is not None
        and workflows.version.value != workflows.shipped
    ):
        yield RULE.report(
            _untested(ctx, workflows.version.value, workflows.shipped),
            at=look.stated(workflows.version, workflows.place), help=_ship(workflows.shipped), severity=Severity.WARNING,
        )  # fmt: skip


def _api_server(ctx: Context, container: look.Container, env: look.Environment) -> Iterator[Diagnostic]:
    own = _tag(container.value.get("image"))
    for image in filter(None, map(env.get, _IMAGES)):
        tag = _tag(image.value)
        if own and tag and tag != own:
            message = f"{image.name} has the tag `{tag}`, and the API server `{own}`"
            yield ctx.report(RULE, container.item, image.route, message, f"give both the tag `{own}`")


def _controller(ctx: Context, container: look.Container) -> Iterator[Diagnostic]:
    own, executor = _tag(container.value.get("image")), _executor(container)
    if own and executor and executor[0] != own:
        message = f"the executor image has the tag `{executor[0]}`, and the workflow controller `{own}`"
        yield ctx.report(RULE, container.item, executor[1], message, f"give both the tag `{own}`")
    release = RELEASES.get(ctx.versions.get("pipelines", ""))
    line = _line(own)
    if release and line and line != release.workflows:
        yield ctx.report(RULE, container.item, (*container.route, "image"), _untested(ctx, line, release.workflows),
                         _ship(release.workflows), Severity.WARNING)  # fmt: skip


def _untested(ctx: Context, line: str, shipped: str) -> str:
    return f"Pipelines {ctx.versions.get('pipelines', '')} ships Argo Workflows {shipped}, not {line}"


def _ship(shipped: str) -> str:
    return f"run Argo Workflows {shipped}, or try the pair before you rely on it"


def _executor(container: look.Container) -> tuple[str, Route] | None:
    """The executor image's tag and where it stands, as `--executor-image=X` or `--executor-image X`."""
    words = list(look.args(container))
    for at, (word, route) in enumerate(words):
        image, place = word.removeprefix(f"{_EXECUTOR}="), route
        if word == _EXECUTOR and at + 1 < len(words):
            image, place = words[at + 1]
        elif image == word:
            continue
        tag = _tag(image)
        return (tag, place) if tag else None
    return None


def _tag(image: object) -> str:
    """The tag of an image; empty for a digest, for no tag and for no text."""
    name = (look.text(image) or "").rpartition("/")[2]
    return "" if "@" in name else name.partition(":")[2]


def _line(tag: str) -> str | None:
    """The line of Argo Workflows that a tag belongs to; None where the tag is no version of a known line."""
    try:
        return WORKFLOWS.line(tag)
    except ValueError:
        return None


CHECK = Check(RULE, reads=frozenset({"Deployment", "ConfigMap", "workflows"}), run=check)

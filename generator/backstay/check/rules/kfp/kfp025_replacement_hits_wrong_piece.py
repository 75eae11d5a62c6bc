"""A Kustomization patches artifactRepository and then replaces a piece of it by position.

Pipelines 2.17 fills the namespace into what stands between the first two dots of the text, and the bucket into what
stands in its second pair of double quotes. A rewritten text has other things there. Its own patches and those of
its components come before the replacements; patches of an overlay above it come after them and are safe.

Not judged: a namespace that the manifests do not tell.

Breaks: archived logs and artifacts go to a host or a bucket that does not exist.
Bad:
    apiVersion: kustomize.config.k8s.io/v1beta1
    kind: Kustomization
    patches:
      - patch: |
          apiVersion: v1
          kind: ConfigMap
          metadata: {name: workflow-controller-configmap}
          data: {artifactRepository: 's3: {bucket: "mlpipeline", endpoint: "minio.storage:80"}'}
    replacements:
      - source: {kind: ConfigMap, name: pipeline-install-config, fieldPath: data.bucketName}
        targets:
          - select: {kind: ConfigMap, name: workflow-controller-configmap}
            fieldPaths: [data.artifactRepository]
            options: {delimiter: '"', index: 3}
Good:
    apiVersion: kustomize.config.k8s.io/v1beta1
    kind: Kustomization
    resources: [base]    # which replaces; what comes out is patched here
    patches:
      - patch: |
          apiVersion: v1
          kind: ConfigMap
          metadata: {name: workflow-controller-configmap}
          data: {artifactRepository: 's3: {bucket: "mlpipeline", endpoint: "minio.storage:80"}'}
Source: kubeflow/pipelines manifests/kustomize/env/platform-agnostic/kustomization.yaml; kubernetes-sigs/kustomize api/filters/replacement/replacement.go
"""

from collections.abc import Iterator

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rule import Check, rule
from backstay.check.rules.kfp import argo, kustomization
from backstay.check.rules.kfp.kustomization import Replacement
from backstay.core.diagnostic import Diagnostic

RULE = rule(__doc__, "KFP025", "replacement-hits-wrong-piece")

_FIELD = kustomization.DataField(argo.CONTROLLER_CONFIG, "artifactRepository")
_INSTALL_CONFIG = "pipeline-install-config"
_HELP = "move the patch to an overlay above this Kustomization, or take the replacement out of it"


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge every Kustomization that replaces pieces of artifactRepository after patching it, itself or by components."""
    for item in ctx.of_kind("Kustomization"):
        for piece in kustomization.replacements(item, _FIELD):
            for patched in kustomization.patched(ctx, item, _FIELD):
                message = _fault(ctx, item, patched.value, piece)
                if message:
                    yield ctx.report(RULE, patched.item, patched.route, message, _HELP)


def _fault(ctx: Context, item: Item, text: str, piece: Replacement) -> str | None:
    """What a replacement does to a text that it does not fit; None when it fits."""
    pieces = text.split(piece.delimiter)
    where = f"piece {piece.index} of artifactRepository between `{piece.delimiter}`"
    if piece.index not in range(len(pieces)):
        return f"there is no {where}, so {piece.source} is added to the text"
    meant = _meant(ctx, item, text, piece.source)
    if meant is None or pieces[piece.index] == meant:
        return None
    return f"{where} is replaced by {piece.source}, but it is not `{meant}`"


def _meant(ctx: Context, item: Item, text: str, source: str) -> str | None:
    """What has to stand where a replacement lands; None when that is not known."""
    if source == "metadata.namespace":
        return _namespace(ctx, item)
    if source == "data.bucketName":
        return look.text(look.at(ctx.nested(text), "s3", "bucket"))
    return None


def _namespace(ctx: Context, item: Item) -> str | None:
    stated = look.text(item.value.get("namespace"))
    return stated or next(
        (found.ref.namespace or None for found in ctx.named("ConfigMap", _INSTALL_CONFIG)), None
    )


CHECK = Check(RULE, reads=frozenset({"Kustomization", "Component", "ConfigMap"}), run=check)

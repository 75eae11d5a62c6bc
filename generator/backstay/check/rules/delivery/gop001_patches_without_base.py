"""Patches are emitted and nothing says which install they change.

Breaks: kustomize refuses a patch whose object is not there, so the overlay cannot be built as it is; Argo CD and Flux
report a failed sync.
Bad:
    gitops: {base: null}
Good:
    gitops: {base: {kustomize: ../../bases/kfp}}
Source: kubernetes-sigs/kustomize api/internal/target/kusttarget.go, "no matches for Id"
"""

from collections.abc import Iterator

from backstay.check.context import Context
from backstay.check.rule import Check, rule
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.place import at

RULE = rule(__doc__, "GOP001", "patches-without-base")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """One finding a cluster: an error where an engine would apply the overlay, else a warning."""
    cluster = ctx.cluster
    patched = [item.ref for item in ctx.items if item.partial]
    if cluster is None or not patched or (cluster.gitops is not None and cluster.gitops.base is not None):
        return
    named = ", ".join(str(ref) for ref in patched[:3]) + (", ..." if len(patched) > 3 else "")  # noqa: PLR2004 - a line's worth
    yield RULE.report(
        f"patches of {named} have no base to go over",
        at=cluster.gitops.place if cluster.gitops else at("metadata", "name"),
        help="add `gitops.base.kustomize`, a path from the overlay's folder to the upstream install"
        + ("" if cluster.gitops else "; or use component/ in an overlay of your own"),
        severity=Severity.ERROR if cluster.gitops else Severity.WARNING,
    )


CHECK = Check(RULE, reads=frozenset({"gitops"}), run=check)

"""Claims about Istio's objects. What each fault breaks stands in the rule of the same id.

Sources: istio/istio pkg/config/validation/validation.go (validateHTTPRetry), pilot/pkg/networking/core/envoyfilter.
"""

from http import HTTPStatus

from backstay.claims.claim import Claim, Each, Expressed, Installed, View, always
from backstay.claims.terms import (
    Choose,
    Const,
    Field,
    In,
    IsWhole,
    Named,
    Not,
    Some,
    Term,
    absent,
    blank,
    both,
    either,
    equals,
    field,
)  # fmt: skip
from backstay.core.diagnostic import Severity
from backstay.upstream.istio import HCM, OLD_FILTER_NAMES, RETRY_WORDS

RETRIES: View = {"VirtualService": (("spec", "http", Each.ITEMS, "retries"),)}
_WORDS: View = {"VirtualService": (("spec", "http", Each.ITEMS, "retries", "retryOn", Each.WORDS),)}
STATUSES = tuple(str(status.value) for status in HTTPStatus)
_ZERO = Not(both(IsWhole(field("attempts")), Not(equals(field("attempts"), 0))))
_NEED = ("perTryTimeout", "retryOn", "retryRemoteLocalities")
_SAID = tuple(Not(blank(field(name))) for name in _NEED)


def _listed() -> tuple[str | Term, ...]:
    """The names of the fields that are there, with `and` between them."""
    pieces: list[str | Term] = []
    for index, name in enumerate(_NEED):
        if index:
            pieces.append(Choose(both(either(*_SAID[:index]), _SAID[index]), Const(" and "), Const("")))
        pieces.append(Choose(_SAID[index], Const(name), Const("")))
    return tuple(pieces)


MSH021 = Expressed(
    "MSH021", Severity.ERROR,
    always(
        Claim(
            RETRIES, both(_ZERO, either(*_SAID)),
            ("Istio refuses ", *_listed(), " where `attempts` is 0 or missing"),
            ("write how many `attempts` there may be after the first, or nothing but `attempts: 0`",),
        ),
        Claim(
            _WORDS, Not(In(field(), (*sorted(RETRY_WORDS), *STATUSES))),
            ("Istio refuses `", field(), "` in `retryOn`"), ("write words of Envoy's x-envoy-retry-on",),
        ),
    ),
    leaves="gRPC service configs: JSON inside texts, which CEL cannot parse",
)  # fmt: skip

_PATCHES: View = {"EnvoyFilter": (("spec", "configPatches", Each.ITEMS),)}
_OPERATION = field("patch", "operation")
_FILTER = ("match", "listener", "filterChain", "filter")
_NAME, _SUB_NAME = field(*_FILTER, "name"), field(*_FILTER, "subFilter", "name")
_UNNAMED = {
    "MERGE": "meets every one",
    "MERGE_AND_REPLACE_LIST": "meets every one",
    "REPLACE": "does nothing",
    "REMOVE": "does nothing",
}
_UNNAMED_ON_CHAINS = _UNNAMED | {
    "INSERT_BEFORE": "goes first in every chain",
    "INSERT_AFTER": "goes last in every chain",
}
NO_CONTEXT = "without `context` the patch reaches inbound, outbound and gateway proxies alike"


def _unnamed(apply_to: str, name: Field, effects: dict[str, str], help_: str) -> Claim:
    effect = Named(_OPERATION, tuple(effects.items()))
    return Claim(
        _PATCHES, both(equals(field("applyTo"), apply_to), blank(name), In(_OPERATION, tuple(effects))),
        (_OPERATION, " names no filter, and ", effect), (help_,), at=("match", "listener"), firm=True,
    )  # fmt: skip


def _old(name: Term) -> Claim:
    return Claim(
        _PATCHES, In(name, tuple(OLD_FILTER_NAMES)), ("`", name, "` is an old name, and matches nothing"),
        ("write `", Named(name, tuple(OLD_FILTER_NAMES.items())), "`"), at=("match", "listener"), firm=True,
    )  # fmt: skip


def _filters(installed: Installed) -> tuple[Claim, ...]:
    # A name may be older than what runs where nobody says which Istio that is.
    old = (_old(_NAME), _old(_SUB_NAME)) if "istio" in installed.versions else ()
    return (
        Claim(
            {"EnvoyFilter": (("spec",),)},
            both(absent(field("priority")), Some(field("configPatches"), Const(plain=True))),
            ("there is no `priority`: the order of patches hangs on creation times",),
            ("write `priority:`, in steps of 10",), at=("priority",), whole=True, severity=Severity.WARNING,
        ),
        Claim(
            _PATCHES, both(Not(equals(field("applyTo"), "BOOTSTRAP")), absent(field("match", "context"))), (NO_CONTEXT,),
            ("write `context: SIDECAR_INBOUND`, `SIDECAR_OUTBOUND` or `GATEWAY`",), at=("match",), firm=True,
        ),
        _unnamed("NETWORK_FILTER", _NAME, _UNNAMED_ON_CHAINS, f"write `filterChain: {{filter: {{name: {HCM}}}}}`"),
        _unnamed("HTTP_FILTER", _SUB_NAME, _UNNAMED, "write `subFilter: {name: ...}` below `filterChain.filter`"),
        *old,
    )  # fmt: skip


MSH031 = Expressed(
    "MSH031", Severity.ERROR, _filters,
    leaves="what one filter does to another, what an `@type` fits, and the reach of the root namespace, which only the "
    "mesh's own configuration names",
)  # fmt: skip

"""Claims about Kubeflow Pipelines and Argo Workflows. What each fault breaks stands in the rule of the same id.

Sources: kubeflow/pipelines backend/src/v2/config/env.go and backend/src/v2/objectstore/config.go, argoproj/argo-workflows
workflow/controller/operator.go (processNodeRetries), util/intstr.
"""

from backstay.claims import views
from backstay.claims.claim import Claim, Each, Expressed, Installed, View, always
from backstay.claims.terms import (
    Before,
    In,
    IsWhole,
    Matches,
    Not,
    Pieces,
    Term,
    absent,
    blank,
    both,
    either,
    equals,
    field,
)  # fmt: skip
from backstay.core.diagnostic import Severity
from backstay.core.feature import Feature

LAUNCHER, INSTALL_CONFIG = "kfp-launcher", "pipeline-install-config"
ALWAYS_READ = "defaultPipelineRoot"
_WRITTEN_BY_THE_PROFILE_CONTROLLER = "clusterDomain"  # sync.py of 2.16 and later; harmless
_KEYS: View = {"ConfigMap": (("data", Each.KEYS),)}
_PLUGIN = r"(?s:plugins\..*)"
_OF_LAUNCHER = equals(field("metadata", "name", up=2), LAUNCHER)
_NOT_READ = Not(
    either(
        In(field(), (ALWAYS_READ, _WRITTEN_BY_THE_PROFILE_CONTROLLER, "providers")),
        Matches(field(), _PLUGIN),
        Matches(field(), r"(?s:\$.*)"),  # a directive of a patch
    )
)
_STATE_STORE = "state the store under `providers: minio: default:`, and remove what nobody reads"


def _keys(installed: Installed) -> tuple[Claim, ...]:
    nobody = _dead(_NOT_READ, ("no Pipelines release reads `", field(), "` of kfp-launcher"))
    version = installed.versions.get("pipelines")
    early = (
        ("2.2", Feature.LAUNCHER_PROVIDERS, equals(field(), "providers")),
        ("2.17", Feature.LAUNCHER_PLUGINS, Matches(field(), _PLUGIN)),
    )
    unread = (
        _dead(
            key,
            (f"Pipelines {version} does not read `", field(), f"` of kfp-launcher, {since} is the first to"),
        )
        for since, feature, key in early
        if version is not None and not installed.has(feature)
    )
    return (*unread, nobody)


def _dead(wrong: Term, message: Pieces) -> Claim:
    return Claim(_KEYS, both(_OF_LAUNCHER, wrong), message, (_STATE_STORE,))


KFP001 = Expressed("KFP001", Severity.ERROR, _keys)

_ROOT = field(ALWAYS_READ)
_STATED = Matches(_ROOT, r"(?s:.+)")
_VALID = Matches(_ROOT, r"(?:minio|s3|gs)://[^/?]+(?:/[^?]*)?(?s:\?.+)?")
_OTHER_SCHEME = both(
    Matches(_ROOT, r"[0-9A-Za-z]+://(?s:.*)"), Not(Matches(_ROOT, r"(?:minio|s3|gs)://(?s:.*)"))
)


def _root(wrong: Term, *message: str | Term) -> Claim:
    named = In(field("metadata", "name", up=1), (LAUNCHER, INSTALL_CONFIG))
    return Claim(
        {"ConfigMap": (("data",),)}, both(named, _STATED, Not(_VALID), wrong), message,
        ("write `minio://BUCKET/PATH` (or s3://, gs://)",), at=(ALWAYS_READ,),
    )  # fmt: skip


KFP011 = Expressed(
    "KFP011", Severity.ERROR,
    always(
        _root(_OTHER_SCHEME, "the launcher knows no pipeline roots of scheme `", Before(_ROOT, "://"), "`"),
        _root(Not(_OTHER_SCHEME), "this is no pipeline root"),
    ),
    leaves="queries that switch `providers` off: YAML inside a ConfigMap, which CEL cannot parse",
)  # fmt: skip

_BACKOFFS = views.join(
    views.below(views.WORKFLOWS, "templateDefaults", "retryStrategy", "backoff"),
    views.below(views.WORKFLOWS, "retryStrategy", "backoff"),
    views.below(views.WORKFLOW_TEMPLATES, "retryStrategy", "backoff"),
)
_THERE = Not(absent(field()))
_FACTOR = field("factor")
_MAY_BE_WHOLE = either(absent(_FACTOR), IsWhole(_FACTOR), Matches(_FACTOR, r"(?s:.*\{\{.*)|[+-]?[0-9]+"))

KFP028 = Expressed(
    "KFP028", Severity.ERROR,
    always(
        Claim(
            _BACKOFFS, both(_THERE, Not(_MAY_BE_WHOLE)),
            ("the factor is no whole number, and Argo stops the step at its first failure",),
            ("write a whole number, such as 2",), at=("factor",),
        ),
        Claim(
            _BACKOFFS, both(_THERE, blank(field("duration"))),
            ("the backoff has no duration, and Argo stops the step at its first failure",),
            ("write `duration`, such as 30s",), at=("duration",),
        ),
    ),
    leaves="sums of durations, what the spec says of steps, and workflowDefaults: YAML inside a ConfigMap",
)  # fmt: skip

"""A Kueue object or a Trainer Configuration is written for another version and will be refused.

Kueue 0.20 serves `kueue.x-k8s.io/v1beta1` no more. Trainer decodes its Configuration strictly: a key that it does not
know stops the controller, and 2.4 renamed two keys of `certManagement`.

Not judged: whether values have the right type; Kueue's own Configuration, which takes unknown keys.

Breaks: the API server answers "no matches for kind", or the controller ends at start with "strict decoding error".
Bad:
    # --platform trainer=2.4
    apiVersion: config.trainer.kubeflow.org/v1alpha1
    kind: Configuration
    certManagement: {enable: true, webhookServiceName: kubeflow-trainer-controller-manager}
Good:
    # --platform trainer=2.4
    apiVersion: config.trainer.kubeflow.org/v1alpha1
    kind: Configuration
    certManagement: {enable: true}
Source: kubernetes-sigs/kueue 0.20 release notes, kubeflow/trainer pkg/config/config.go (EnableStrict), kubeflow/trainer#3386
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from backstay.check.context import Context
from backstay.check.look import Part
from backstay.check.rule import Check, rule
from backstay.check.rules.job import configs
from backstay.core.diagnostic import Diagnostic
from backstay.core.feature import Feature
from backstay.core.fix import Edit, Fix, Rename, meant, safe
from backstay.core.route import show

RULE = rule(__doc__, "JOB040", "controller-refuses-config")

_OLD = "kueue.x-k8s.io/v1beta1"
_KUEUE_KINDS = (
    "AdmissionCheck",
    "ClusterQueue",
    "Cohort",
    "LocalQueue",
    "MultiKueueCluster",
    "MultiKueueConfig",
    "ProvisioningRequestConfig",
    "ResourceFlavor",
    "Topology",
    "Workload",
    "WorkloadPriorityClass",
)
_LEADER = dict.fromkeys(
    (
        "leaderElect",
        "leaseDuration",
        "renewDeadline",
        "retryPeriod",
        "resourceLock",
        "resourceName",
        "resourceNamespace",
    )
)
# kubeflow/trainer pkg/apis/config/v1alpha1/configuration_types.go; None: a leaf, or a map of the user's own keys.
_TRAINER: Mapping[str, Mapping[str, None] | None] = {
    "apiVersion": None,
    "kind": None,
    "webhook": dict.fromkeys(("port", "host")),
    "leaderElection": _LEADER,
    "metrics": dict.fromkeys(("bindAddress", "secureServing")),
    "health": dict.fromkeys(("healthProbeBindAddress", "readinessEndpointName", "livenessEndpointName")),
    "controller": dict.fromkeys(("groupKindConcurrency",)),
    "certManagement": None,
    "clientConnection": dict.fromkeys(("qps", "burst")),
    "statusServer": dict.fromkeys(("port", "qps", "burst")),
    "featureGates": None,
    "tls": None,
}
_RENAMED = ("webhookServiceName", "webhookSecretName")


def check(ctx: Context) -> Iterator[Diagnostic]:
    """Judge Kueue's objects by their API version, then each Trainer Configuration key by key."""
    if "kueue" in ctx.versions and not ctx.has(Feature.KUEUE_V1BETA1):
        yield from _old_objects(ctx)
    for config in configs.configurations(ctx, configs.TRAINER):
        yield from _unknown(ctx, config)
        if ctx.has(Feature.TRAINER_CERT_FIELDS_RENAMED):
            yield from _renamed(ctx, config)


def _old_objects(ctx: Context) -> Iterator[Diagnostic]:
    for item in ctx.of_kind(*_KUEUE_KINDS):
        if item.ref.apiVersion == _OLD:
            yield ctx.report(
                RULE,
                item,
                ("apiVersion",),
                f"Kueue {ctx.versions['kueue']} does not serve {_OLD}",
                "write `apiVersion: kueue.x-k8s.io/v1beta2`",
                fix=safe("write v1beta2", Edit(("apiVersion",), "kueue.x-k8s.io/v1beta2")),
            )


def _unknown(ctx: Context, config: Part) -> Iterator[Diagnostic]:
    for part, known in _levels(config):
        for key in part.value:
            if key not in known:
                yield ctx.report(
                    RULE, part.item, (*part.route, key),
                    f"Trainer does not know `{show((*part.route[len(config.route):], key))}` and will not start with it",
                    _suggestion(key, known), fix=_mend(part, key, known),
                )  # fmt: skip


def _levels(config: Part) -> Iterator[tuple[Part, Mapping[str, object]]]:
    yield config, _TRAINER
    for key, known in _TRAINER.items():
        below = config.below(key)
        if known is not None and below is not None:
            yield below, known


def _mend(part: Part, key: str, known: Mapping[str, object]) -> Fix | None:
    near = get_close_matches(key, known, 1)
    if not near:
        return safe("take it out", Edit((*part.route, key), None))
    there = near[0] in part.value
    return None if there else meant(f"write `{near[0]}`", key, near[0], Rename((*part.route, key), near[0]))


def _suggestion(key: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(key, known, 1)
    return f"did you mean `{near[0]}`?" if near else f"take it out; known here are {', '.join(sorted(known))}"


def _renamed(ctx: Context, config: Part) -> Iterator[Diagnostic]:
    certificates = config.down("certManagement")
    for key in _RENAMED:
        if key in certificates.value:
            yield ctx.report(
                RULE, config.item, (*certificates.route, key),
                f"Trainer {ctx.versions.get('trainer', '2.4')} has no `certManagement.{key}` any more",
                "take it out: from 2.4 on the manager finds its Service and Secret under other keys (kubeflow/trainer#3386)",
                fix=safe("take it out", Edit((*certificates.route, key), None)),
            )  # fmt: skip


CHECK = Check(RULE, reads=configs.KINDS | frozenset(_KUEUE_KINDS), run=check)

"""Claims about jobs' pods and nodes: tolerations, annotations, taints. What each fault breaks stands in its rule.

Sources: kubernetes/kubernetes pkg/controller/tainteviction, staging component-helpers GetMatchingTolerations;
kubernetes-sigs/kueue pkg/controller/constants/constants.go.
"""

from collections.abc import Mapping

from backstay.claims import views
from backstay.claims.claim import Claim, Each, Expressed, Installed, View, always
from backstay.claims.terms import (
    Choose,
    Const,
    Equal,
    First,
    In,
    IsWhole,
    Not,
    Term,
    absent,
    blank,
    both,
    either,
    equals,
    field,
    present,
)  # fmt: skip
from backstay.core.diagnostic import Severity
from backstay.core.feature import Feature
from backstay.core.units import show_duration

UNREACHABLE, NOT_READY = "node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready"
DELETE, TERMINATE = "kueue.x-k8s.io/safe-to-forcefully-delete", "kueue.x-k8s.io/safe-to-forcefully-terminate"
"""Kueue's annotation by its two names, the newer one first."""
_TOLERATIONS = field("tolerations")
_DEFAULTS_ELSEWHERE = "workflowDefaults: YAML inside a ConfigMap, which CEL cannot parse"
_PATCHED = (
    "spec",
    "runtimePatches",
    Each.ITEMS,
    "trainingRuntimeSpec",
    "template",
    "spec",
    "replicatedJobs",
    Each.ITEMS,
)
_TRAIN_JOBS: View = {
    "TrainJob": ((*_PATCHED, "template", "spec", "template"), ("spec", "podTemplateOverrides", Each.ITEMS))
}
"""What TrainJobs change in their runtime's pods: by patches, and by overrides before Trainer 2.2."""
JOB_POD_SPECS = views.join(
    views.below(views.JOB_PODS, "spec"),
    views.below(_TRAIN_JOBS, "spec"),
    views.WORKFLOWS,
    views.WORKFLOW_TEMPLATES,
)
"""The specs of jobs' pods; workflows and their templates say the same things under the same names."""
_METADATA = views.join(
    views.below(views.JOB_PODS, "metadata"), views.below(_TRAIN_JOBS, "metadata"), views.below(views.WORKFLOWS, "podMetadata"),
    views.below(views.WORKFLOW_TEMPLATES, "metadata"), views.below(views.SERVICE_PODS, "metadata"),
)  # fmt: skip


def _kueue(installed: Installed) -> tuple[Claim, ...]:
    if not installed.has(Feature.KUEUE_FAILURE_RECOVERY):
        return ()
    newer = installed.has(Feature.KUEUE_FORCEFULLY_DELETE)
    read, other = (DELETE, TERMINATE) if newer else (TERMINATE, DELETE)
    said = equals(field("annotations", other), "true")
    claim = Claim(
        _METADATA, both(said, Not(equals(field("annotations", read), "true"))),
        (f"Kueue {installed.versions.get('kueue', '')} does not read this annotation",), (f'write `{read}: "true"`',),
        at=("annotations", other),
    )  # fmt: skip
    return (claim,)


JOB009 = Expressed("JOB009", Severity.ERROR, _kueue, leaves=_DEFAULTS_ELSEWHERE)


def _holds(taint: str) -> Term:
    """Whether a toleration matches a NoExecute taint without a value."""
    key, operator, effect = field("key"), field("operator"), field("effect")
    exists = both(equals(operator, "Exists"), In(key, ("", taint)))
    same = both(In(operator, ("", "Equal")), equals(key, taint), blank(field("value")))
    return both(In(effect, ("", "NoExecute")), either(exists, same))


def decides(taint: str) -> First:
    """The toleration that decides how long a pod stays on a node with a taint."""
    return First(_TOLERATIONS, _holds(taint))


_FOR_UNREACHABLE, _FOR_NOT_READY = decides(UNREACHABLE), decides(NOT_READY)
_WITH_FLAVORS = views.join(JOB_POD_SPECS, {"ResourceFlavor": (("spec",),)})


def _for_ever(first: First, others: Term, names: str) -> Claim:
    without_key = blank(field("key", of=first))
    why = Choose(without_key, Const("it matches everything"), Const("it has no tolerationSeconds"))
    narrow = "name the taints that are meant, or tolerate `effect: NoSchedule` only"
    return Claim(
        _WITH_FLAVORS, both(present(first), absent(field("tolerationSeconds", of=first)), others),
        (f"pods tolerate nodes that are {names} for ever: ", why),
        (Choose(without_key, Const(narrow), Const("write `tolerationSeconds: 60`")),),
        at=("tolerations", first),
    )  # fmt: skip


_BY_ONE = Equal(_FOR_UNREACHABLE, _FOR_NOT_READY)
JOB010 = Expressed(
    "JOB010", Severity.ERROR,
    always(
        _for_ever(_FOR_UNREACHABLE, _BY_ONE, "unreachable and not-ready"),
        _for_ever(_FOR_UNREACHABLE, Not(_BY_ONE), "unreachable"),
        _for_ever(_FOR_NOT_READY, Not(_BY_ONE), "not-ready"),
    ),
    leaves=_DEFAULTS_ELSEWHERE,
)  # fmt: skip

LEAST_TOLERATION_MS = 30_000
"""How long a pod has to stay on a node that went silent, where the profile says nothing else."""


def least_toleration(parameters: Mapping[tuple[str, str], int]) -> int:
    """The same in whole seconds, rounded up, under a policy's parameters."""
    return -(-parameters.get(("JOB011", "leastToleration"), LEAST_TOLERATION_MS) // 1000)


def _hiccup(installed: Installed) -> tuple[Claim, ...]:
    least = least_toleration(installed.parameters)

    def short(first: First, *others: Term) -> Claim:
        seconds = field("tolerationSeconds", of=first)
        return Claim(
            JOB_POD_SPECS, both(IsWhole(seconds, most=least - 1), *others),
            ("pods leave a silent node after ", seconds, "s: a node that only flaps ends the job's work"),
            (f"tolerate at least {show_duration(least * 1000)}; 60s still recovers soon",),
            at=("tolerations", first, "tolerationSeconds"),
        )  # fmt: skip

    return (short(_FOR_UNREACHABLE), short(_FOR_NOT_READY, Not(_BY_ONE)))


JOB011 = Expressed("JOB011", Severity.WARNING, _hiccup, leaves=_DEFAULTS_ELSEWHERE)

_OUT_OF_SERVICE = equals(field("key"), "node.kubernetes.io/out-of-service")
_REMEDIATE = ("leave it to the remediation that has seen the machine off",)
CONFIGURATIONS: View = {
    "KubeletConfiguration": (("registerWithTaints", Each.ITEMS),),
    "InitConfiguration": (("nodeRegistration", "taints", Each.ITEMS),),
    "JoinConfiguration": (("nodeRegistration", "taints", Each.ITEMS),),
    "NodePool": (
        ("spec", "template", "spec", "taints", Each.ITEMS),
        ("spec", "template", "spec", "startupTaints", Each.ITEMS),
    ),
    "ResourceFlavor": (("spec", "nodeTaints", Each.ITEMS),),
}
"""Where kubelets, kubeadm, Karpenter and Kueue say which taints nodes have."""
_READY = field("status", of=First(field("status", "conditions", up=2), equals(field("type"), "Ready")))

JOB013 = Expressed(
    "JOB013", Severity.ERROR,
    always(
        Claim(CONFIGURATIONS, _OUT_OF_SERVICE, ("the taint out-of-service is part of a configuration",), _REMEDIATE),
        Claim(
            {"Node": (("spec", "taints", Each.ITEMS),)},
            both(_OUT_OF_SERVICE, either(absent(_READY), In(_READY, ("True",)))),
            ("the taint out-of-service ",
             Choose(absent(_READY), Const("is part of a manifest"), Const("is on a node that is Ready"))),
            _REMEDIATE,
        ),
    ),
    leaves="configuration files of kubelets and kubeadm, which no API server sees",
)  # fmt: skip

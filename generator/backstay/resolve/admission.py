"""The admission section: who answers what."""

from collections.abc import Iterator

from backstay.claims.baseline import DEFAULTS, expressed
from backstay.claims.registry import known
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.fact import from_route, from_spec
from backstay.core.feature import Feature
from backstay.core.place import at
from backstay.model.admission import Admission, Answer, Baseline, Engine, Toleration
from backstay.resolve.facts import fact
from backstay.resolve.rules import NO_DEFAULT, NOT_EXPRESSED, NOT_FILLED
from backstay.spec import admission as spec

_ROUTE = ("admission",)
KUBERNETES_OWN = ("kube-node-lease", "kube-public", "kube-system")
"""Namespaces that no policy may lock up: what runs there has to start before anything can be mended."""


def resolve_admission(stated: spec.Admission, findings: list[Diagnostic]) -> Admission:
    """The section as the model has it; rules that no policy can state are findings."""
    findings += [
        NOT_EXPRESSED.report(
            f"no admission policy can be made of {rule}", at=at(*_ROUTE, "rules", rule),
            help="take it out; docs/admission.md says for every rule whether a cluster can judge it, and why not",
        )
        for rule in sorted(stated.rules.keys() - known())
    ]  # fmt: skip
    exempt = tuple(dict.fromkeys((*KUBERNETES_OWN, *stated.exempt_namespaces)))
    return Admission(
        fact(stated, "engine", Engine(stated.engine), _ROUTE),
        fact(stated, "errors", Answer(stated.errors), _ROUTE),
        fact(stated, "warnings", Answer(stated.warnings), _ROUTE),
        fact(stated, "on_failure", stated.on_failure == "fail", _ROUTE),
        {rule: from_spec(Answer(answer), *_ROUTE, "rules", rule) for rule, answer in stated.rules.items()},
        fact(stated, "exempt_namespaces", exempt, _ROUTE),
        None if stated.baseline is None else _baseline(stated.baseline),
        fact(stated, "defaults", tuple(sorted(stated.defaults)), _ROUTE),
        at(*_ROUTE),
    )


def about_defaults(admission: Admission, features: frozenset[Feature], line: str) -> Iterator[Diagnostic]:
    """What keeps the API server from filling in what the section asks for."""
    asked = {one.rule for one in expressed(admission.baseline)} if admission.baseline else set[str]()
    for index, rule in enumerate(admission.defaults.value):
        if rule not in DEFAULTS or rule not in asked:
            yield NO_DEFAULT.report(
                f"{rule} asks for nothing that can be filled in" if rule in DEFAULTS else f"{rule} has no default",
                at=at(*_ROUTE, "defaults", index), help=f"take it out; {', '.join(DEFAULTS)} have one, where `baseline` asks for them",
            )  # fmt: skip
    if admission.defaults.value and Feature.MUTATING_POLICIES not in features:
        yield NOT_FILLED.report(
            f"Kubernetes {line} has no MutatingAdmissionPolicy, which is what fills in `defaults`", at=at(*_ROUTE, "defaults"),
            help="take `defaults` out, or upgrade to Kubernetes 1.34 or later",
        )  # fmt: skip
    elif admission.defaults.value and Feature.MUTATING_POLICIES_STABLE not in features:
        yield NOT_FILLED.report(
            f"Kubernetes {line} fills in `defaults` only where somebody switched that on", at=at(*_ROUTE, "defaults"),
            help="start its API server with --feature-gates=MutatingAdmissionPolicy=true and "
            "--runtime-config=admissionregistration.k8s.io/v1beta1=true, or upgrade to Kubernetes 1.36",
            severity=Severity.WARNING,
        )  # fmt: skip


def _baseline(stated: spec.Baseline) -> Baseline:
    route = (*_ROUTE, "baseline")
    return Baseline(
        fact(stated, "host_network", stated.host_network, route),
        fact(stated, "run_as_non_root", stated.run_as_non_root, route),
        fact(stated, "memory_limits", stated.memory_limits, route),
        tuple(
            Toleration(
                from_route(one.key, (*route, "tolerations", index, "key")), one.operator, one.value or "", one.effect or ""
            )
            for index, one in enumerate(stated.tolerations)
        ),
        fact(stated, "exempt_containers", stated.exempt_containers, route),
        at(*route),
    )  # fmt: skip

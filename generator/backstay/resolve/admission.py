"""The admission section: who answers what."""

from backstay.claims.registry import known
from backstay.core.diagnostic import Diagnostic
from backstay.core.fact import from_route, from_spec
from backstay.core.place import at
from backstay.model.admission import Admission, Answer, Baseline, Engine, Toleration
from backstay.resolve.facts import fact
from backstay.resolve.rules import NOT_EXPRESSED
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
        at(*_ROUTE),
    )


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

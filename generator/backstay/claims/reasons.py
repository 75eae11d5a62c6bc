"""Why the other rules are no policies: what a policy, which sees one object and nothing else, would lack."""

from collections.abc import Mapping
from enum import StrEnum

from backstay.claims.registry import EXPRESSED, known


class Reason(StrEnum):
    """What stands in the way."""

    SPEC = (
        "it holds objects against what the spec says of calls, workloads and numbers; no object carries that"
    )
    OTHERS = "it needs other objects beside the one that is sent, or their absence"
    NESTED = "it reads YAML or JSON inside a text, which CEL cannot parse"
    FILES = "it is about files that no API server sees: ZenML's, kubelets', kustomizations"
    DROPPED = "the API server drops a field that its schema does not know before a policy sees the object"
    REFUSED = "the API server, or the webhook of the object's own controller, refuses the object anyway"
    GRACE = "it measures with the controller manager's grace period for nodes, which the spec states and no object does"
    MEANT = "whether the number is wrong depends on how many restarts are meant, which the spec says and no object does"
    SUMS = "it adds up tries and the waits between them, which grow from one to the next"
    SPELLING = "it reads protobuf messages inside EnvoyFilters, whose fields may be spelled in two ways at every level"
    ENVIRONMENT = "it reads a container's environment, which may come from ConfigMaps: other objects"
    COMMAND = "it reads a server's command line: values in the next argument, flags that win over earlier ones, lists in values"


_REASONS: Mapping[Reason, str] = {
    Reason.SPEC: (
        "JOB006 JOB007 JOB015 JOB017 JOB026 JOB029 JOB035 JOB041 JOB042 JOB043 JOB044 JOB045 JOB046 KFP027 KFP035"
        " MSH001 MSH002 MSH004 MSH005 MSH006 MSH007 MSH010 MSH011 MSH012 MSH014 MSH015 MSH016 MSH017 MSH019 MSH020"
        " MSH026 MSH036 MSH037 MSH038 MSH039 MSH040 VER003"
    ),
    Reason.OTHERS: (
        "JOB003 JOB004 JOB005 JOB008 JOB025 JOB027 JOB036 JOB037 JOB038 KFP009 KFP012 KFP013 KFP014 KFP015 KFP016"
        " KFP017 KFP018 KFP020 KFP021 KFP022 KFP033 KFP034 MSH008 MSH009 MSH022 MSH023 MSH024 MSH025 MSH027 MSH033"
    ),
    Reason.NESTED: (
        "JOB039 JOB040 KFP002 KFP003 KFP004 KFP005 KFP006 KFP007 KFP008 KFP023 KFP024 KFP026 KFP029 MSH013 MSH028 MSH029"
        " MSH030 MSH041"
    ),
    Reason.FILES: "GOP001 JOB014 JOB031 JOB032 JOB033 KFP025",
    Reason.DROPPED: "MSH034",
    Reason.REFUSED: "JOB034",
    Reason.GRACE: "JOB012",
    Reason.MEANT: "JOB021",
    Reason.SUMS: "JOB030 MSH018",
    Reason.SPELLING: "MSH003 MSH032 MSH035",
    Reason.ENVIRONMENT: "KFP010 KFP019",
    Reason.COMMAND: "KFP030 KFP031 KFP032",
}


def reason(rule: str) -> Reason | None:
    """What stands in the way of a policy; None where there is one, or the rule is not about objects and specs."""
    return next((why for why, ids in _REASONS.items() if rule in ids.split()), None)


def left(rule: str) -> str:
    """Which part of a rule its policy cannot tell, and why; empty when it tells all of it."""
    return next((one.leaves for one in EXPRESSED if one.rule == rule), "")


def told(rule: str) -> tuple[str, str]:
    """How much of a rule a policy tells (`all`, `a part`, `nothing`), and what is in the way of the rest."""
    why_not = reason(rule)
    rest = str(why_not) if why_not else left(rule)
    return "nothing" if why_not else "a part" if rest else "all", rest


def explained() -> frozenset[str]:
    """The ids of all rules that have a policy or a reason."""
    return known() | {rule for ids in _REASONS.values() for rule in ids.split()}

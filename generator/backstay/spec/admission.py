"""`admission`: what the API server refuses, out of the rules that one object alone decides."""

from typing import Annotated, Literal

from pydantic import Field

from backstay.spec.base import Section
from backstay.spec.types import Many, Name

Answer = Literal["deny", "warn", "audit"]
RuleId = Annotated[str, Field(pattern=r"^[A-Z]{3}\d{3}$")]


class Toleration(Section):
    """A toleration that pods must have."""

    key: Annotated[str, Field(min_length=1)]
    """The taint's key."""
    operator: Literal["Exists", "Equal"] = "Exists"
    """`Equal` needs a `value`."""
    value: str | None = None
    """The taint's value."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """The taint's effect; all of them when it is left out."""


class Baseline(Section):
    """What every pod must satisfy, whatever it runs."""

    host_network: bool = False
    """Whether pods may use their node's network."""
    run_as_non_root: bool = True
    """Whether every container has to say `runAsNonRoot`, itself or by its pod."""
    memory_limits: bool = True
    """Whether every container has to have a memory limit."""
    tolerations: Many[Toleration] = ()
    """Tolerations that every pod has to have."""
    exempt_containers: Many[Name] = ("istio-init",)
    """Containers that may run as root: Istio's own init container has to, where its CNI plugin is not installed."""


class Admission(Section):
    """Policies for the API server, or constraints for Gatekeeper."""

    engine: Literal["policies", "gatekeeper"] = "policies"
    """`policies`: ValidatingAdmissionPolicy, part of Kubernetes; `gatekeeper`: ConstraintTemplates in CEL (3.17 or later)."""
    errors: Answer = "deny"
    """What is done about findings that are errors."""
    warnings: Answer = "warn"
    """What is done about findings that are warnings."""
    on_failure: Literal["fail", "ignore"] = "fail"
    """What is done where a policy cannot be evaluated; `policies` only."""
    rules: dict[RuleId, Literal["deny", "warn", "audit", "off"]] = Field(default_factory=dict)
    """Another answer for single rules, by id."""
    exempt_namespaces: Many[Name] = ()
    """Namespaces that are left alone, besides those of Kubernetes itself."""
    baseline: Baseline | None = None
    """What every pod must satisfy; nothing when it is left out."""
    defaults: Many[RuleId] = ()
    """Rules of the baseline whose faults are mended in the pods that controllers make (SEC003, SEC004, SEC005), before they are
    judged; Kubernetes 1.34 or later."""

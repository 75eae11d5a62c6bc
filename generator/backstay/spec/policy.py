"""The organisation's policy: how bad each finding is, and what is waived for whom until when.

`policies/profile.yaml` tunes rules, `policies/waivers.yaml` excuses single findings.
"""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from backstay.spec.base import Section
from backstay.spec.types import Many, wrong

Text = Annotated[str, Field(min_length=1)]


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise wrong("date", "not a date", "write it as 2027-03-31") from None


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]


def _about(value: str) -> str:
    if value != "*" and value.count("/") not in {1, 2}:
        raise wrong(
            "object",
            f"`{value[:60]}` is no object",
            "write `Kind/name` or `Kind/namespace/name`, with `*` for any part",
        )
    return value


def _spot(value: str) -> str:
    if "*" in value:
        raise wrong(
            "place",
            "`*` stands for nothing in a place",
            "name the place above: what is below it is excused too",
        )
    return value


def _plain(value: str) -> str:
    if any(sign in value for sign in "?[]"):
        raise wrong(
            "pattern", f"`{value[:60]}` is no pattern", "write `*` for any part; there are no other signs"
        )
    return value


Pattern = Annotated[Text, AfterValidator(_plain)]


class RuleSetting(Section):
    """What the organisation thinks of one rule."""

    severity: Literal["error", "warning", "info", "off"] | None = None
    """How bad its findings are; `off` takes them away."""
    parameters: dict[str, str | int] = Field(default_factory=dict)
    """Numbers that the rule measures with, by name; `backstay rules ID` lists them."""


class PolicySetting(Section):
    """What the organisation thinks of one of its own policies in CUE."""

    severity: Literal["error", "warning", "info", "off"]
    """How bad what it finds is, whatever its `@policy` says; `off` takes its findings away."""


class Profile(Section):
    """`policies/profile.yaml`: rule sets and single rules."""

    api_version: Literal["backstay.dev/v1alpha1"]
    """The file's own version."""
    kind: Literal["PolicyProfile"]
    """`PolicyProfile`."""
    sets: Many[Literal["strict", "upgrade"]] = ()
    """`strict`: warnings are errors and notes warnings. `upgrade`: what the next version breaks is an error."""
    cue_engine: Literal["required", "ifBuilt"] = "required"
    """What holds where the folder has `.cue` files and their engine is not there: `required` builds it or cannot tell,
    `ifBuilt` goes on without them and notes it."""
    rules: dict[str, RuleSetting] = Field(default_factory=dict)
    """Rules by id or name; they win over the sets."""
    policies: dict[str, PolicySetting] = Field(default_factory=dict)
    """Policies of the `.cue` files by name; they win over `rules` and the sets."""


class Waiver(Section):
    """One excuse: which findings, why, who answers for it, and until when."""

    rule: Text | None = None
    """The rule's id or name."""
    policy: Text | None = None
    """The name of a policy of the `.cue` files, in the place of a rule."""
    cluster: Pattern | None = None
    """Only in this cluster; `*` stands for any part of a name."""
    object: Annotated[Pattern, AfterValidator(_about)] | None = None
    """Only about this object: `Kind/name` or `Kind/namespace/name`; `*` stands for any part."""
    place: Annotated[Text, AfterValidator(_spot)] | None = None
    """Only at this place of the spec or below it, such as `network.calls[0]`."""
    reason: Annotated[str, Field(min_length=10)]
    """Why it is all right."""
    owner: Text
    """Who answers for it."""
    expires: Day
    """The last day on which it counts."""

    @model_validator(mode="after")
    def _of_one_thing(self) -> Self:
        if (self.rule is None) is (self.policy is None):
            help_ = "write `rule: MSH014`, or `policy: no-host-network`"
            raise wrong("waiver", "a waiver is of one rule or of one policy", help_)
        return self


class Waivers(Section):
    """`policies/waivers.yaml`: every excuse."""

    api_version: Literal["backstay.dev/v1alpha1"]
    """The file's own version."""
    kind: Literal["Waivers"]
    """`Waivers`."""
    waivers: Many[Waiver] = ()
    """The excuses."""

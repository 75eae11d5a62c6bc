"""Numbers that rules measure with and that an organisation may change in `policies/profile.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass

from backstay.claims.pods import LEAST_TOLERATION_MS
from backstay.core.units import read_duration

_LARGEST = 10**9


@dataclass(frozen=True, slots=True)
class Parameter:
    """A rule's number: its default, its unit (`ms` or `count`), and what it means."""

    default: int
    unit: str
    meaning: str

    @property
    def unit_words(self) -> str:
        """What a value has to be."""
        return "duration" if self.unit == "ms" else "whole number above zero"

    @property
    def example(self) -> str:
        """How to write it."""
        return (
            "write `30s`, `5m` or the like" if self.unit == "ms" else f"write a number such as {self.default}"
        )


PARAMETERS: Mapping[tuple[str, str], Parameter] = {
    ("JOB011", "leastToleration"): Parameter(
        LEAST_TOLERATION_MS, "ms", "how long a pod has to stay on a node that went silent"
    ),
    ("MSH014", "leastTimeout"): Parameter(10_000, "ms", "how long a keepalive has to wait for an answer"),
    ("MSH019", "budget"): Parameter(
        4, "count", "how many tries may reach a server where the spec states no budget"
    ),
}
"""By rule and name."""


def read_parameter(parameter: Parameter, value: str | int) -> int | None:
    """A written value in the parameter's unit; None when it is not one."""
    number = read_duration(value) if parameter.unit == "ms" and isinstance(value, str) else value
    if parameter.unit == "ms" and isinstance(value, int):
        return None
    return number if isinstance(number, int) and 0 < number <= _LARGEST else None

"""Spellings: when two different scalars of a field say the same.

Sources: apimachinery `resource.Quantity` and `intstr.IntOrString`; Go's time.ParseDuration; protobuf JSON durations.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from backstay.core.route import Route
from backstay.diff.how import How

Scalar = None | bool | int | float | str

_LONGEST: Final = 40  # characters; longer texts are no numbers that a person wrote

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?\Z")
_FACTORS: Final[Mapping[str, Fraction]] = {
    "n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "k": Fraction(10**3),
    **{unit: Fraction(1000 ** (power + 2)) for power, unit in enumerate("MGTPE")},
    **{f"{unit}i": Fraction(1024 ** (power + 1)) for power, unit in enumerate("KMGTPE")},
}  # fmt: skip
_RESOURCES: Final = frozenset({"limits", "requests"})
_AMOUNTS: Final[Mapping[str, frozenset[str]]] = {
    "ResourceQuota": frozenset({"hard"}),
    "LimitRange": frozenset({"max", "min", "default", "defaultRequest", "maxLimitRequestRatio"}),
    "RuntimeClass": frozenset({"podFixed"}),
}
_AMOUNT: Final = frozenset({"sizeLimit", "divisor", "nominalQuota", "borrowingLimit", "lendingLimit"})

_SPAN = re.compile(r"(?:(?:\d+\.?\d*|\.\d+)(?:h|ms|m|s|us|µs|ns))+\Z")
_SPAN_PART = re.compile(r"(\d+\.?\d*|\.\d+)(h|ms|m|s|us|µs|ns)")
_NANOSECONDS: Final = {
    "h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 1000, "µs": 1000, "ns": 1,
}  # fmt: skip
_TIMED = re.compile(
    r"(?:timeout|interval|duration|delay|ttl|age|backoff|cap|period|grace|time|window|drainduration|refreshrate)\Z"
)
_FREE: Final = frozenset(
    {"data", "stringData", "binaryData", "labels", "annotations", "matchLabels", "nodeSelector"}
)

_INT_OR_STRING: Final = frozenset(
    {
        "activeDeadlineSeconds", "factor", "limit", "maxSurge", "maxUnavailable", "maxUnhealthy", "minAvailable",
        "minHealthy", "port", "targetPort",
    }
)  # fmt: skip


def same(planned: Scalar, actual: Scalar, route: Route, how: How) -> bool:
    """Whether two scalars of a field are equal, or spellings of one value where the field has several."""
    if planned == actual and isinstance(planned, bool) is isinstance(actual, bool):
        return True
    if not how.canon or not _comparable(planned) or not _comparable(actual):
        return False
    words = tuple(step for step in route if isinstance(step, str))
    if not words or (len(words) > 1 and words[-2] in _FREE):
        return False
    one, other = str(planned), str(actual)
    return (
        (_is_amount(words, how.kind) and _equal(read_amount(one), read_amount(other)))
        or (_is_span(words[-1]) and _equal(read_span(one), read_span(other)))
        or (words[-1] in _INT_OR_STRING and one == other)
    )


def read_amount(text: str) -> Fraction | None:
    """The number that a Kubernetes quantity stands for: `1Gi`, `0.5`, `500m`, `1e3`; None when it is not one."""
    found = _QUANTITY.match(text)
    if found is None:
        return None
    if found[3]:
        return Fraction(found[1]) * Fraction(10) ** int(found[3])
    return Fraction(found[1]) * (_FACTORS[found[2]] if found[2] else 1)


def read_span(text: str) -> Fraction | None:
    """Nanoseconds of a duration in Go's or protobuf's spelling: `1h30m`, `0.250s`, `0`; None when it is not one."""
    if text == "0":
        return Fraction(0)
    if _SPAN.match(text) is None:
        return None
    return sum(
        (Fraction(number) * _NANOSECONDS[unit] for number, unit in _SPAN_PART.findall(text)), Fraction(0)
    )


def _comparable(value: Scalar) -> bool:
    return (isinstance(value, str) and len(value) <= _LONGEST) or (
        isinstance(value, int | float) and not isinstance(value, bool)
    )


def _equal(one: Fraction | None, other: Fraction | None) -> bool:
    return one is not None and one == other


def _is_amount(words: tuple[str, ...], kind: str) -> bool:
    """Whether a field holds a quantity: of a container's resources, of a quota, of a volume."""
    above = words[-2] if len(words) > 1 else ""
    return above in _RESOURCES or above in _AMOUNTS.get(kind, ()) or words[-1] in _AMOUNT


def _is_span(name: str) -> bool:
    """Whether a field is named as durations are in Istio, Envoy, Argo and Flux (`idleTimeout`, `max_interval`)."""
    return _TIMED.search(name.replace("_", "").lower()) is not None

"""Single values in protobuf's JSON form: what a reader accepts for each kind, and how a writer would put it.

The reader is Istio's: golang/protobuf's `jsonpb`, which takes durations in Go's spelling (`1m30s`), numbers also as
text, and enums by name or number. Both forms of one value come out the same, so that results compare.
"""

import re
from fractions import Fraction

from backstay.core.manifest import Plain
from backstay.prove.istiod.words import Refused

_UNITS_NS = {
    "h": 3_600_000_000_000, "m": 60_000_000_000, "s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "µs": 1_000, "ns": 1,
}  # fmt: skip
_DURATION = re.compile(r"([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:h|ms|m|s|us|µs|ns))+|0)\Z")
_TERM = re.compile(r"(\d+\.?\d*|\.\d+)(h|ms|m|s|us|µs|ns)")
_WIDE = 64
_BITS = {"int32": 32, "uint32": 32, "int64": _WIDE, "uint64": _WIDE}
_NS = 10**9


def read_scalar(value: Plain, kind: str) -> Plain:
    """The value in protobuf JSON's own form; `Refused` when it is not of the kind."""
    if kind == "bool":
        return _expect(value, isinstance(value, bool), "true or false")
    if kind in _BITS:
        return _integer(value, kind)
    if kind in ("double", "float"):
        return _real(value)
    if kind.startswith("enum:"):
        return _expect(value, isinstance(value, str | int) and not isinstance(value, bool), "an enum value")
    return _expect(value, isinstance(value, str), "text")


def is_zero(value: Plain, kind: str) -> bool:
    """Whether the value is the one that a field without presence has anyway."""
    if kind.startswith("enum:"):
        return value in (0, kind.removeprefix("enum:"))
    return value in (False, 0, "", "0")


def read_duration(value: Plain) -> str:
    """A duration as protobuf JSON writes it, `90s` or `0.500s`, from Go's spelling; `Refused` when it is neither."""
    found = _DURATION.match(value) if isinstance(value, str) else None
    if found is None:
        raise Refused(f"{value!r} is not a duration")
    nanos = sum(int(Fraction(count) * _UNITS_NS[unit]) for count, unit in _TERM.findall(found[2]))
    whole, rest = divmod(nanos, _NS)
    sign = "-" if found[1] == "-" and nanos else ""
    return f"{sign}{whole}{_fraction(rest)}s"


def duration_ms(value: str) -> Fraction:
    """Milliseconds, exactly, of a duration that `read_duration` has written."""
    return Fraction(value.removesuffix("s")) * 1000


def _fraction(nanos: int) -> str:
    """Nothing, or a point and three, six or nine digits: as many as are needed."""
    digits = f"{nanos:09}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return f".{digits}" if digits else ""


def _integer(value: Plain, kind: str) -> Plain:
    """A whole number in range; 64 bits wide ones are text in protobuf's JSON."""
    exact = _exact(value)
    bits = _BITS[kind]
    low, high = (0, 2**bits) if kind.startswith("uint") else (-(2 ** (bits - 1)), 2 ** (bits - 1))
    if exact is None or not low <= exact < high:
        raise Refused(f"{value!r} is not of type {kind}")
    return str(exact) if bits == _WIDE else exact


def _exact(value: Plain) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _real(value: Plain) -> Plain:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    try:
        return float(value) if isinstance(value, str) else _expect(value, fits=False, wanted="a number")
    except ValueError:
        raise Refused(f"{value!r} is not a number") from None


def _expect(value: Plain, fits: bool, wanted: str) -> Plain:  # noqa: FBT001 - a condition, not a switch
    if not fits:
        raise Refused(f"{value!r} is not {wanted}")
    return value

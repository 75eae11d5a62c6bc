"""Units: durations in milliseconds and sizes in bytes, and their upstream spellings."""

import re

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?\Z")
_QUANTITY = re.compile(r"(\d+)(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)?\Z")
_STEPS_MS = ((3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms"))
_BYTES = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50,
}  # fmt: skip


def read_duration(text: str) -> int | None:
    """Milliseconds of `1h30m`, `60s`, `250ms`; None when it is not such a text."""
    found = _DURATION.match(text)
    if not text or found is None:
        return None
    hours, minutes, seconds, millis = (int(part or 0) for part in found.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis


def show_duration(ms: int) -> str:
    """A duration for people and for Go readers: `1h`, `1m30s`, `250ms`, `0s`."""
    text = ""
    for step, unit in _STEPS_MS:
        count, ms = divmod(ms, step)
        if count:
            text += f"{count}{unit}"
    return text or "0s"


def show_seconds(ms: int) -> str:
    """A duration as protobuf JSON has it: `90s`, `0.250s`."""
    whole, rest = divmod(ms, 1000)
    return f"{whole}.{rest:03}s" if rest else f"{whole}s"


def read_quantity(text: str) -> int | None:
    """Bytes of a Kubernetes quantity such as `64Gi`, `500M`, `1024`; None when it is not one."""
    found = _QUANTITY.match(text)
    return int(found[1]) * _BYTES[found[2] or ""] if found else None


def show_quantity(size: int) -> str:
    """The shortest exact binary quantity: `100Mi`, `1536Mi`, `5`."""
    for unit in ("Pi", "Ti", "Gi", "Mi", "Ki"):
        if size and size % _BYTES[unit] == 0:
            return f"{size // _BYTES[unit]}{unit}"
    return str(size)

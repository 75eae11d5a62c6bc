"""The spec's scalar types. Units are in the types: durations become milliseconds, sizes become bytes."""

import re
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from backstay.core.units import read_duration, read_quantity

T = TypeVar("T")
Many = Annotated[tuple[T, ...], Field(strict=False)]
"""A YAML list."""

MAX_DURATION_MS = 366 * 24 * 3_600_000
_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_HOST = rf"{_LABEL}(\.{_LABEL})*"
_BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
_DECIMAL_UNITS = {
    "kb": "k",
    "mb": "M",
    "gb": "G",
    "tb": "T",
    "kib": "Ki",
    "mib": "Mi",
    "gib": "Gi",
    "tib": "Ti",
}


def wrong(kind: str, message: str, help_: str, meant: str = "") -> PydanticCustomError:
    """A finding about one value: what is wrong and what to write. Neither may repeat a secret.

    `meant`: the same value as it is spelt here, where there is no doubt about it.
    """
    return PydanticCustomError(
        "value", "{message}", {"message": message, "kind": kind, "help": help_, "meant": meant}
    )


def _duration(value: object) -> int:
    ms = read_duration(value) if isinstance(value, str) else None
    if ms is None:
        raise wrong(
            "duration", f"{_seen(value)} is not a duration", _duration_help(value), _duration_meant(value)
        )
    if ms > MAX_DURATION_MS:
        raise wrong("duration", f"{_seen(value)} is longer than a year", "state the time in h, m, s or ms")
    return ms


def _whole_seconds(ms: int) -> int:
    if ms % 1000:
        raise wrong(
            "duration",
            "the time is not a whole number of seconds",
            f"write `{-(-ms // 1000)}s`: Kubernetes takes whole seconds here",
        )
    return ms


_TIME_WORDS = {
    word: unit
    for unit, words in {
        "ms": ("ms", "msec", "msecs", "millisecond", "milliseconds"),
        "s": ("s", "sec", "secs", "second", "seconds"),
        "m": ("m", "min", "mins", "minute", "minutes"),
        "h": ("h", "hr", "hrs", "hour", "hours"),
    }.items()
    for word in words
}
_DAYS = ("d", "day", "days")


def _duration_help(value: object) -> str:
    meant = _duration_meant(value)
    number = re.fullmatch(r"\s*(\d+)\s*", str(value))
    if meant or (number and not isinstance(value, bool)):
        written = meant or f"{number[1]}s" if number else meant
        return f"write `{written}`: durations carry a unit (ms, s, m or h) and no space"
    return "write a number with a unit, such as `60s`, `5m`, `1h30m` or `250ms`"


def _duration_meant(value: object) -> str:
    """A number with a unit in words, as a duration; empty where the unit is missing or none."""
    found = re.fullmatch(r"\s*(\d{1,9})\s*([A-Za-z]+)\s*", str(value))
    if found is None or isinstance(value, bool):
        return ""
    number, word = int(found[1]), found[2] if found[2] == "M" else found[2].lower()
    if word in _DAYS:
        return f"{24 * number}h"
    return f"{number}{_TIME_WORDS[word]}" if word in _TIME_WORDS else ""


def _size(value: object) -> int:
    size = read_quantity(value) if isinstance(value, str) else None
    if size is None or (isinstance(value, str) and value.isdigit()):
        raise wrong("size", f"{_seen(value)} is not a size", _size_help(value))
    return size


def _size_help(value: object) -> str:
    number = re.match(r"\s*(\d+)\s*([A-Za-z]*)", str(value))
    unit = _DECIMAL_UNITS.get(number[2].lower()) if number else None
    if number is None or unit is None:
        return "write a Kubernetes quantity, such as `512Mi` or `64Gi`"
    binary = unit if unit.endswith("i") else unit.upper() + "i"
    return f"write `{number[1]}{binary}` (powers of 1024) or `{number[1]}{unit.rstrip('i')}` (powers of 1000)"


def _version(value: object) -> str:
    if isinstance(value, float | int) and not isinstance(value, bool):
        text = f"{value}" if isinstance(value, float) else f"{value}.0"
        raise wrong(
            "version",
            "a version has to be text",
            f'write it in quotes: "{text}" (unquoted, YAML reads 1.30 as 1.3)',
        )
    if not isinstance(value, str) or not re.fullmatch(r"v?\d+\.\d+(\.\d+)?(-[0-9A-Za-z.]+)?", value):
        raise wrong(
            "version", f"{_seen(value)} is not a version", 'write major.minor in quotes, such as "1.30"'
        )
    return value.removeprefix("v")


def _url(value: object) -> str:
    if not isinstance(value, str):
        raise wrong(
            "url", "a URL has to be text", "write it as `http://minio.storage.svc.cluster.local:9000`"
        )
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise wrong(
            "url", "the URL's port is not a number from 1 to 65535", "write `http://host:9000`"
        ) from None
    if "@" in parts.netloc:
        raise wrong(
            "secret",
            "the URL holds credentials",
            "take them out and name the Secret under `credentials:` instead",
        )
    if parts.scheme not in {"http", "https"}:
        raise wrong(
            "url",
            "the URL has no http:// or https://",
            "the scheme decides TLS in all seven places: write it",
        )
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise wrong("url", "the URL holds more than scheme, host and port", "write the path under `prefix:`")
    if not re.fullmatch(_HOST, (parts.hostname or "").lower()) or port == 0:
        raise wrong("url", "the URL has no valid host", "write `http://minio.storage.svc.cluster.local:9000`")
    return f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "")


def _https(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"(https://|ssh://|oci://|git@)[\w.@:/~-]+", value):
        raise wrong("url", "not a repository URL", "write `https://git.example/platform.git`")
    if value.startswith("https://") and "@" in value:
        raise wrong(
            "secret", "the URL holds credentials", "take them out; the engine reads them from its own Secret"
        )
    return value


def _relative(value: object) -> str:
    if (
        not isinstance(value, str)
        or not value
        or value.startswith(("/", "~"))
        or "\\" in value
        or "\n" in value
    ):
        raise wrong("path", f"{_seen(value)} is not a relative path", "write it relative, with `/`")
    return value.rstrip("/")


def _not_reserved(value: str) -> str:
    if value == "fleet":
        raise wrong(
            "name", "`fleet` is the folder of the GitOps engine's objects", "give the cluster another name"
        )
    return value


def _pattern(kind: str, pattern: str, help_: str) -> Any:
    check = re.compile(pattern)

    def judge(value: str) -> str:
        if not check.fullmatch(value):
            raise wrong(kind, f"{_seen(value)} is not a {kind}", help_)
        return value

    return AfterValidator(judge)


def _seen(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return f"`{text[:40]}`" if len(text) <= 40 else f"`{text[:37]}...`"  # noqa: PLR2004 - a line's worth


def _text(description: str, pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "description": description, "pattern": f"^{pattern}$"})


DURATION = _text("A duration with a unit: 250ms, 60s, 5m, 1h30m", r"(\d+h)?(\d+m)?(\d+s)?(\d+ms)?")
Millis = Annotated[int, BeforeValidator(_duration), DURATION]
Seconds = Annotated[Millis, AfterValidator(_whole_seconds)]
"""Milliseconds too, but whole seconds of them: what Kubernetes takes for a pod's and a node's times."""
SIZE = _text("A Kubernetes quantity: 512Mi, 64Gi", r"\d+(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)")
Bytes = Annotated[int, BeforeValidator(_size), SIZE]
Version = Annotated[
    str,
    BeforeValidator(_version),
    _text('An upstream version, in quotes: "1.30"', r"v?\d+\.\d+(\.\d+)?(-[0-9A-Za-z.]+)?"),
]
StoreUrl = Annotated[
    str, BeforeValidator(_url), _text("http(s)://host[:port], nothing more", r"https?://[^/@?#]+/?")
]
RepositoryUrl = Annotated[
    str,
    BeforeValidator(_https),
    _text("Where Argo CD or Flux reads the overlays", r"(https://|ssh://|oci://|git@).+"),
]
RelativePath = Annotated[str, BeforeValidator(_relative), _text("A relative path with `/`", r"[^/~\\].*")]
Name = Annotated[str, _pattern("name", _LABEL, "use lower-case letters, digits and `-`, at most 63 characters"),
                 _text("A DNS label", _LABEL)]  # fmt: skip
ClusterName = Annotated[Name, AfterValidator(_not_reserved)]
Host = Annotated[str, _pattern("host name", _HOST, "write a DNS name, such as `features.prod.svc.cluster.local`"),
                 _text("A DNS name", _HOST)]  # fmt: skip
BucketName = Annotated[str, _pattern("bucket name", _BUCKET, "use 3 to 63 lower-case letters, digits, `.` and `-`"),
                       _text("A bucket name", _BUCKET)]  # fmt: skip
Prefix = Annotated[str, _pattern("prefix", r"[A-Za-z0-9._/{}-]*[A-Za-z0-9._{}-]", "write a path without a leading or trailing `/`, `?` or `..`"),
                   _text("A path inside the bucket, without leading or trailing `/`", r"[^/].*[^/]")]  # fmt: skip
SecretName = Annotated[str, _pattern("Secret name", r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", "name an existing Secret: lower-case letters, digits, `-` and `.`"),
                       _text("The name of a Secret", r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")]  # fmt: skip
SecretKey = Annotated[str, _pattern("Secret key", r"[-._a-zA-Z0-9]{1,253}", "name a key inside the Secret, never its value"),
                      _text("The name of a key inside the Secret, never its value", r"[-._a-zA-Z0-9]{1,253}")]  # fmt: skip
Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Positive = Annotated[int, Field(ge=1, le=1_000_000)]

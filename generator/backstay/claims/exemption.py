"""Objects that somebody answers for, in CEL: which requests a policy leaves alone, by the globs of waivers.

A waiver of a workload is one of the pods that controllers make for it, which policies judge too. A pod's controller may stand in between:
a Deployment's ReplicaSet and a CronJob's Job have its name and one part more; what a JobSet makes has its name as a label,
and a TrainJob's JobSet has the TrainJob's name.
Sources: Python's fnmatch, google/re2 doc/syntax.txt; kubernetes/kubernetes pkg/controller/deployment/sync.go and
cronjob/utils.go (getJobName), kubernetes-sigs/jobset api/jobset/v1alpha2 (JobSetNameKey).
"""

import re
from collections.abc import Iterable

from backstay.claims.spot import literal

JOBSET_NAME = "jobset.sigs.k8s.io/jobset-name"
_PIECE = re.compile(r"\*+|\?|\[(?:(?P<but>!)|(?!!))(?P<some>.[^\]]*)\]|.", re.DOTALL)
_NONE = r"[^\x00-\x{10FFFF}]"
"""RE2 for a character that there is not."""
_OWNERS = "object.metadata.?ownerReferences.orValue([]).filter(o, o.?controller.orValue(false))"
_NAMES = (
    "([[object.kind, object.metadata.?name.orValue('')]]"
    f" + {_OWNERS}.map(o, [o.kind, o.name])"
    f" + {_OWNERS}.filter(o, o.name.contains('-')).map(o, [o.kind == 'ReplicaSet' ? 'Deployment'"
    " : o.kind == 'Job' ? 'CronJob' : '', o.name.substring(0, o.name.lastIndexOf('-'))])"
    " + ['JobSet', 'TrainJob'].map(kind, [kind,"
    f" object.metadata.?labels[?'{JOBSET_NAME}'].orValue('')]))"
)
"""Kinds and names: of the object, of its controller, and of what that was made for."""


def not_of(globs: Iterable[str]) -> str:
    """An expression that is true for objects that none of the globs means."""
    pattern = literal(f"^(?:{'|'.join(pattern_of(glob) for glob in globs)})$")
    short, long = (
        "one[0] + '/' + one[1]",
        "one[0] + '/' + object.metadata.?namespace.orValue('') + '/' + one[1]",
    )
    return f"!{_NAMES}.exists(one, ({short}).matches({pattern}) || ({long}).matches({pattern}))"


def pattern_of(glob: str) -> str:
    """A glob as a pattern of RE2, which matches the same texts from start to end."""
    return f"(?s:{''.join(map(_pattern, _PIECE.finditer(glob)))})"


def _pattern(piece: re.Match[str]) -> str:
    if piece["some"] is not None:
        return _class(piece["some"], but=bool(piece["but"]))
    sign = piece[0]
    return ".*" if sign.startswith("*") else "." if sign == "?" else re.escape(sign)


def _class(some: str, *, but: bool) -> str:
    escaped = "".join(sign if sign == "-" or sign.isalnum() else re.escape(sign) for sign in some)
    written = f"[{'^' if but else ''}{escaped}]"
    try:
        re.compile(written)
    except re.error:  # a range that is upside down: a glob takes nothing for it, RE2 refuses it
        return _NONE
    return written

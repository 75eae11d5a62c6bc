"""Changes for people: by object, then field by field, with the spec line that decides it and who set it."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from backstay.core.fact import OriginKind
from backstay.diff.change import Change, Kind
from backstay.diff.lines import value_lines, visible

_WORDS = {
    Kind.MISSING_OBJECT: "missing",
    Kind.EXTRA_OBJECT: "no longer planned",
    Kind.MISSING_FIELD: "missing",
    Kind.EXTRA_FIELD: "not planned",
    Kind.CHANGED: "changed",
}


def to_text(changes: Sequence[Change]) -> str:
    """A block for each object that differs; empty for no changes."""
    blocks = (list(group) for _, group in groupby(changes, key=lambda c: (c.cluster, c.ref, c.file)))
    return "\n".join("".join(f"{line}\n" for line in _block(block)) for block in blocks)


def summary(changes: Sequence[Change], compared: int) -> str:
    """`3 of 15 objects differ`; `no drift in 15 objects`."""
    objects = len({(change.cluster, change.ref, change.file) for change in changes})
    if not objects:
        return f"no drift in {compared} object{'' if compared == 1 else 's'}"
    return f"{objects} object{' differs' if objects == 1 else 's differ'}, {compared} compared"


def _block(changes: Sequence[Change]) -> Iterator[str]:
    first = changes[0]
    yield f"{first.cluster}: {visible(str(first.ref))}"
    for note in dict.fromkeys(change.note for change in changes if change.note):
        yield f"  note: {visible(note)}"
    for change in changes:
        yield f"  {_WORDS[change.kind]}: {visible(change.words) or 'the whole object'}"
        yield from (f"      {line}" for line in value_lines(change))
        yield from (f"    {line}" for line in _reasons(change))


def _reasons(change: Change) -> Iterator[str]:
    if change.place.route:
        yield f"--> {change.place} ({change.place.path})"
    said = [f"{o.kind.value} {o.ref}" for o in change.origins if o.kind is not OriginKind.SPEC]
    if said and change.kind not in (Kind.MISSING_OBJECT, Kind.EXTRA_OBJECT):
        yield f"from {visible(', '.join(said))}"
    if change.setter is not None:
        yield f"set by {visible(change.setter.manager)} ({visible(change.setter.operation)}) at {visible(change.setter.time)}"

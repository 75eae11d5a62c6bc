"""Which findings a run repairs."""

from collections.abc import Iterable
from enum import StrEnum

from backstay.core.diagnostic import Diagnostic, in_order
from backstay.core.fix import Fix


class Level(StrEnum):
    """How far a run goes: repairs that keep the meaning, or those too that want a person's look."""

    SAFE = "safe"
    UNSAFE = "unsafe"


def chosen(found: Iterable[Diagnostic], level: Level) -> list[tuple[Diagnostic, Fix]]:
    """The findings to repair, in order; waived ones are left alone."""
    return [
        (one, one.fix)
        for one in in_order(list(found))
        if one.fix is not None and one.waived is None and (one.fix.safe or level is Level.UNSAFE)
    ]

"""Names in sentences: the one that was meant, and several as a phrase."""

from collections.abc import Iterable, Sequence

_LISTED = 8  # names in one message; more than that nobody reads


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that somebody who wrote `name` most likely meant."""
    from difflib import get_close_matches

    by_lower = {other.lower(): other for other in known}
    near = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.7)
    return by_lower[near[0]] if near else None


def listed(names: Sequence[str], last: str) -> str:
    """Names as a phrase, a long list cut short: "`a`, `b` and `c`"; `last` is the word before the last one."""
    shown = [f"`{name}`" for name in names[:_LISTED]]
    if len(names) > _LISTED:
        shown.append(f"{len(names) - _LISTED} more")
    return f" {last} ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part)

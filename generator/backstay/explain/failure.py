"""What is asked for and cannot be found."""


class Unknown(Exception):  # noqa: N818 - it names what was met
    """There is no such object, file or field, or several: `help` names the nearest ones."""

    def __init__(self, message: str, help_: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help_


LISTED = 10


def listed(names: list[str]) -> str:
    """Names one below the other, the first few of many."""
    more = [f"... and {len(names) - LISTED} more"] if len(names) > LISTED else []
    return "".join(f"\n  {name}" for name in [*names[:LISTED], *more])

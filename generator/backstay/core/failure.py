"""Failures: what ends a command without a result. Findings are `Diagnostic`s and are never raised."""

from backstay.core.diagnostic import Diagnostic


class BadInput(Exception):  # noqa: N818 - it names what was met, as a person would say it
    """The call or its input cannot be used at all: exit code 2. Carries every finding, not the first."""

    def __init__(self, found: list[Diagnostic]) -> None:
        super().__init__("; ".join(f"{d.place}: {d.message}" for d in found))
        self.found = found


class CannotTell(Exception):  # noqa: N818 - as above
    """A tool, a cluster or a permission is missing, so there is no verdict: exit code 3."""

    def __init__(self, message: str, help_: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help_

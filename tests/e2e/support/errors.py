"""The two ways in which a real component can let a test down."""

from __future__ import annotations


class Unavailable(Exception):  # noqa: N818 - a state of this machine, told apart from a fault
    """The component cannot be had here; the text is the exact reason. A skip, or a failure where skips are banned."""


class Failed(Exception):  # noqa: N818 - reads as what happened
    """A command ended with a non-zero status; the text is its own message."""

    def __init__(self, status: int, message: str) -> None:
        """Keep the exit `status` and what the command said on stderr."""
        super().__init__(message)
        self.status = status
        self.message = message

    @property
    def last_line(self) -> str:
        """The end of the message, where most tools name the cause."""
        return self.message.rpartition("\n")[2]

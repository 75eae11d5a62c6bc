"""Places: what a diagnostic points at. Symbolic first (a route), concrete (file, line, column) once located."""

from dataclasses import dataclass

from backstay.core.route import Route, show


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A spot in a text that a person wrote.

    `file` is relative to the folder the command runs in, or empty while the place is symbolic; `line` and
    `column` count from 1, 0 while unknown; `route` is the way to the value inside the document;
    `on_key` means the key that the value stands under, not the value.
    """

    file: str = ""
    line: int = 0
    column: int = 0
    route: Route = ()
    on_key: bool = False

    @property
    def path(self) -> str:
        """The route in words: `network.calls[0].silentFor`."""
        return show(self.route)

    def __str__(self) -> str:
        """`file:line:column`, as editors follow it."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file or self.path


def at(*route: str | int) -> Place:
    """A symbolic place in the cluster's merged spec."""
    return Place(route=route)

"""The ports that the declared calls use, each with who uses it.

A connection is seen on the service's port or, once something translated its address, on the server's own.
"""

from dataclasses import dataclass

from backstay.core.fact import Fact
from backstay.model.network import Call
from backstay.model.observability import Observability, Watch


@dataclass(frozen=True, slots=True)
class Port:
    """A port, its calls, and the longest window and patience among those who watch them."""

    number: Fact[int]
    calls: tuple[Call, ...]
    window: Fact[int]
    patience: Fact[int]


def declared(watching: Observability) -> list[Port]:
    """Every port of the declared calls, in order."""
    users: dict[int, list[tuple[Fact[int], Watch]]] = {}
    for watch in watching.watches:
        for number in {n.value: n for n in (watch.service.target_port, watch.service.port)}.values():
            users.setdefault(number.value, []).append((number, watch))
    return [_port([watch for _, watch in users[key]], users[key][0][0]) for key in sorted(users)]


def _port(watches: list[Watch], number: Fact[int]) -> Port:
    calls = {call.index: call for watch in watches for call in watch.calls}
    return Port(
        number,
        tuple(calls[index] for index in sorted(calls)),
        max((watch.window for watch in watches), key=lambda fact: fact.value),
        max((watch.patience for watch in watches), key=lambda fact: fact.value),
    )

"""Streams against the age at which their servers close connections, where the spec states both.

A server ends a connection at its age, and what is still open on it after the grace (grpc proposal A9).
"""

from collections.abc import Iterator

from backstay.core.units import show_duration
from backstay.model.network import Call, Network
from backstay.resolve.solve.terms import Constraint, System, of, stated


def lasting(network: Network) -> System:
    """Each stream of known length, within the age and the grace of its server."""
    system = System()
    for call in network.calls:
        for one in _within(call):
            system += one
    return system


def _within(call: Call) -> Iterator[System]:
    service, key = call.service, "deadline" if call.deadline else "silentFor"
    age, grace, length = (
        service.max_connection_age,
        service.max_connection_age_grace,
        call.deadline or call.silence,
    )
    if call.stream == "none" or age is None or grace is None or length is None:
        return
    stem, who = f"network.services.{service.name}", service.name
    quantities = (
        stated(f"network.calls[{call.index}].{key}", "ms", length, f"a stream to {who} may last {show_duration(length.value)}"),
        stated(f"{stem}.maxConnectionAge", "ms", age, f"{who} ends connections after {show_duration(age.value)}"),
        stated(f"{stem}.maxConnectionAgeGrace", "ms", grace, f"and what is open on them after {show_duration(grace.value)} more"),
    )  # fmt: skip
    needed, *given = [of(one.id) for one in quantities]
    words = f"{who} ends a stream with its connection, after the age and the grace"
    yield System(
        quantities, (Constraint("stream-within-connection", tuple(given), (needed,), words, "MSH027"),)
    )

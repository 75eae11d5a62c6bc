"""Everything that callers are set to, out of the network as it was resolved."""

from backstay.core.diagnostic import Diagnostic
from backstay.core.place import at
from backstay.model.callers import Callers
from backstay.model.conflict import Conflict
from backstay.model.derivation import Derivation
from backstay.model.network import Call, Network
from backstay.model.parts import CallRetries
from backstay.resolve import ages
from backstay.resolve.channels import channels
from backstay.resolve.facts import maybe
from backstay.resolve.pools import Pins, contradictions, solved
from backstay.resolve.revisions import revision_times
from backstay.resolve.sidecar_pools import sidecar_pools
from backstay.resolve.solve import conflict
from backstay.spec import network as spec
from backstay.spec.rules import MISSING_KEY, WRONG_VALUE

Findings = list[Diagnostic]


def resolve_callers(
    stated: spec.Network, network: Network, retries: CallRetries | None
) -> tuple[Callers, dict[str, Derivation], tuple[Conflict, ...]]:
    """Pools of applications, pools of sidecars, channels; how their numbers were derived, and what excludes what."""
    own = tuple(call for call in network.calls if not _by_sidecar(call))
    pins = {name: _pins(name, one) for name, one in stated.overrides.items()}
    pools, of_pools = solved(own, pins)
    kept, of_kept = sidecar_pools(network, dict(stated.services))
    told, of_channels = channels(network, retries)
    times, of_times = revision_times(network)
    numbers = {**of_pools.derivations, **of_kept.derivations, **of_channels, **of_times.derivations}
    faults = (
        *contradictions(own, pins, of_pools),
        *of_times.conflicts,
        *conflict.conflicts(ages.lasting(network)),
    )
    return Callers(pools, kept, told, times), numbers, faults


def _by_sidecar(call: Call) -> bool:
    """Whether the caller's sidecar holds the pool: it reads the protocol."""
    return call.service.protocol.is_http and call.client.sidecar


def _pins(name: str, pins: spec.Pins) -> Pins:
    route = ("network", "overrides", name)
    return Pins(
        maybe(pins, "pool_idle_time", pins.pool_idle_time, route),
        maybe(pins, "pool_lifetime", pins.pool_lifetime, route),
    )


def judge_pools(stated: spec.Network, findings: Findings) -> None:
    """A finding for every pool whose size nothing decides, and for a second pool from one caller to one service."""
    seen: set[tuple[str, str]] = set()
    for index, call in enumerate(stated.calls):
        if call.pool is None:
            continue
        place = at("network", "calls", index, "pool")
        service = stated.services.get(call.to)
        if call.pool.max is None and (service is None or service.max_connections is None):
            message = f"nothing says how many connections the pool of {call.from_} to {call.to} holds"
            help_ = f"add `max:`, or `maxConnections:` to `network.services.{call.to}`"
            findings.append(MISSING_KEY.report(message, at=place, help=help_))
        if (call.from_, call.to) in seen:
            message = f"{call.from_} has one pool to {call.to}, and it is stated already"
            findings.append(WRONG_VALUE.report(message, at=place, help="state it on one of the calls"))
        seen.add((call.from_, call.to))

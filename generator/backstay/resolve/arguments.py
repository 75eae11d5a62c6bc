"""gRPC channel arguments of servers and callers, complete and in a fixed order.

Source: grpc/grpc include/grpc/impl/channel_arg_names.h and doc/keepalive.md; google/ml-metadata
metadata_store_server_main.cc for how `--grpc_channel_arguments` is split.
"""

from collections.abc import Mapping

from backstay.core.fact import Fact, OriginKind
from backstay.model.derivation import Derivation
from backstay.model.network import Keepalive, PingPolicy, Service
from backstay.upstream import grpc

Args = tuple[tuple[str, Fact[int | str]], ...]


def server_args(service: Service, shipped: Fact[tuple[tuple[str, int], ...]] | None, own: Keepalive | None,
                tolerated: Derivation | None, pins: Mapping[str, Fact[int | str]]) -> Args:  # fmt: skip
    """The server's arguments: what its release ships, then what is derived, then what is pinned.

    `own` is set when the server itself has to ping; `tolerated` is the shortest interval of pings that its policy
    has to put up with, where proxies ping it. Empty when nothing differs from what the release ships, or where
    nothing is known of a server that has no release of its own.
    """
    derived = _as_stated(service)
    if own is not None:
        derived |= _pinging(own)
    if tolerated is not None:
        derived |= _tolerating(tolerated.fact)
    if service.max_message is not None:
        derived |= _messages(service.max_message, dict(shipped.value) if shipped else {})
    derived |= pins
    if not derived:
        return ()
    base: dict[str, Fact[int | str]] = (
        {key: Fact(value, shipped.origins) for key, value in shipped.value} if shipped else {}
    )
    return tuple((base | derived).items())


def client_args(
    own: Keepalive | None, policy: PingPolicy | None, pins: Mapping[str, Fact[int | str]]
) -> Args:
    """The callers' arguments; empty when they have nothing to do."""
    derived: dict[str, Fact[int | str]] = {}
    if own is not None:
        permit = policy.without_calls if policy else Fact(value=False, origins=())
        derived = {
            grpc.KEEPALIVE_TIME: _as_arg(own.interval),
            grpc.KEEPALIVE_TIMEOUT: _as_arg(own.timeout),
            grpc.PING_TIMEOUT: _as_arg(own.timeout),
            grpc.PERMIT_WITHOUT_CALLS: Fact(int(permit.value), permit.origins or own.interval.origins),
            grpc.MAX_PINGS_WITHOUT_DATA: Fact(0, own.interval.origins),
        }
    return tuple((derived | dict(pins)).items())


def _as_arg(fact: Fact[int]) -> Fact[int | str]:
    return Fact(fact.value, fact.origins)


def _pinging(own: Keepalive) -> dict[str, Fact[int | str]]:
    """All keys that let an idle connection be pinged, the interval, and the timeout in both of its spellings."""
    return {
        grpc.KEEPALIVE_TIME: _as_arg(own.interval),
        grpc.KEEPALIVE_TIMEOUT: _as_arg(own.timeout),
        grpc.PING_TIMEOUT: _as_arg(own.timeout),
        grpc.PERMIT_WITHOUT_CALLS: Fact(1, own.interval.origins),
        grpc.MAX_PINGS_WITHOUT_DATA: Fact(0, own.interval.origins),
    }


def _tolerating(least: Fact[int]) -> dict[str, Fact[int | str]]:
    return {
        grpc.MIN_PING_INTERVAL: _as_arg(least),
        grpc.PERMIT_WITHOUT_CALLS: Fact(1, least.origins),
    }


def _as_stated(service: Service) -> dict[str, Fact[int | str]]:
    """What the spec says of a server that people set up themselves: its callers' numbers rest on that."""
    if service.policy is None or service.policy.settable:
        return {}
    policy = service.policy
    known: dict[str, Fact[int] | None] = {
        grpc.MIN_PING_INTERVAL: policy.min_interval if _stated(policy.min_interval) else None,
        grpc.PERMIT_WITHOUT_CALLS: policy.without_calls.to(int) if _stated(policy.without_calls) else None,
        grpc.MAX_AGE: service.max_connection_age,
        grpc.MAX_AGE_GRACE: service.max_connection_age_grace,
    }
    return {key: _as_arg(fact) for key, fact in known.items() if fact is not None}


def _stated(fact: Fact[int] | Fact[bool]) -> bool:
    return any(origin.kind is OriginKind.SPEC for origin in fact.origins)


def _messages(largest: Fact[int], shipped: Mapping[str, int]) -> dict[str, Fact[int | str]]:
    keys = (key for key in (grpc.MAX_RECEIVE, grpc.MAX_SEND) if largest.value > shipped.get(key, 0))
    return {key: Fact(largest.value, largest.origins) for key in keys}


def policy_after(policy: PingPolicy, args: Args) -> PingPolicy:
    """The server's ping policy once it runs with some arguments."""
    known = dict(args)

    permit = number(known, grpc.PERMIT_WITHOUT_CALLS)
    return PingPolicy(
        number(known, grpc.MIN_PING_INTERVAL) or policy.min_interval,
        policy.without_calls if permit is None else Fact(bool(permit.value), permit.origins),
        number(known, grpc.MAX_PING_STRIKES) or policy.strikes,
        policy.settable,
    )


def number(args: Mapping[str, Fact[int | str]], key: str) -> Fact[int] | None:
    """An argument that is a number; None when it is not there or is a text."""
    found = args.get(key)
    return Fact(found.value, found.origins) if found and isinstance(found.value, int) else None

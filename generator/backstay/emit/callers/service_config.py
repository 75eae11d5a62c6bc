"""A gRPC service config as all runtimes take it: whole names of codes, durations with a unit, numbers as numbers.

Sources: grpc/proposal A6, grpc/grpc-proto grpc/service_config/service_config.proto, grpc/grpc
src/core/client_channel/retry_service_config.cc (C-core takes upper-case codes only).
"""

import json
from collections.abc import Iterator

from backstay.core.fact import Fact, join
from backstay.core.units import show_seconds
from backstay.emit.parts import Body
from backstay.model.callers import Channel, ChannelRetries

_FACTOR = 2
_THOUSAND = 1_000
RETRIED = ("UNAVAILABLE",)
"""What is tried again: the server was not there, or ended the connection; the call may have been run."""


def service_config(channel: Channel) -> Body | None:
    """The config of a channel, for all its methods; None where it says nothing, or where the spec pins a text."""
    method: Body = {}
    if channel.timeout is not None:
        method["timeout"] = channel.timeout.to(show_seconds)
    if channel.waits is not None:
        method["waitForReady"] = channel.waits
    if channel.retries is not None:
        method["retryPolicy"] = _policy(channel.retries)
    if not method:
        return None
    config: Body = {"methodConfig": [{"name": [{}], **method}]}
    if channel.retries is not None:
        config["retryThrottling"] = {
            "maxTokens": channel.retries.max_tokens,
            "tokenRatio": channel.retries.token_thousandths.to(lambda tokens: tokens / _THOUSAND),
        }
    return config


def _policy(retries: ChannelRetries) -> Body:
    return {
        "maxAttempts": retries.attempts,
        "initialBackoff": retries.initial.to(show_seconds),
        "maxBackoff": retries.longest.to(show_seconds),
        "backoffMultiplier": _FACTOR,
        "retryableStatusCodes": list(RETRIED),
    }


def as_text(channel: Channel) -> Fact[str] | None:
    """The config on one line, as a variable holds it, with the origins of everything in it."""
    if channel.service_config is not None:
        return channel.service_config
    config = service_config(channel)
    if config is None:
        return None
    return join(json.dumps(plain(config), separators=(",", ":")), *_facts(config))


def plain(value: object) -> object:
    """A value without its facts' origins."""
    if isinstance(value, Fact):
        return plain(value.value)
    if isinstance(value, dict):
        return {key: plain(below) for key, below in value.items()}
    return [plain(below) for below in value] if isinstance(value, list) else value


def _facts(value: object) -> Iterator[Fact[object]]:
    if isinstance(value, Fact):
        yield value
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in below:
        yield from _facts(one)

"""What callers are set to, as environment variables in the words of the runtime that reads them.

The names end as people's own do already: Go durations for database/sql, milliseconds for HikariCP, seconds for
SQLAlchemy. Sources: go database/sql (DB.SetMaxOpenConns and its neighbours), SQLAlchemy create_engine, HikariCP README,
grpc-go keepalive.ClientParameters, grpc-java ManagedChannelBuilder.
"""

from collections.abc import Callable, Mapping

from backstay.core.fact import Fact, join
from backstay.core.units import show_duration
from backstay.emit.callers.service_config import as_text
from backstay.model.callers import (
    Args,
    CallerPool,
    Channel,
    channel_arguments_variable,
    prefix,
    service_config_variable,
)
from backstay.model.network import Runtime
from backstay.upstream import grpc

Variables = dict[str, Fact[str]]
Spelling = tuple[str, str, Callable[[int], str]]
_SECOND = 1_000


def as_boolean(number: int) -> str:
    """A switch as the environment has it."""
    return "true" if number else "false"


_GO: tuple[Spelling, ...] = (
    (grpc.KEEPALIVE_TIME, "GRPC_KEEPALIVE_TIME", show_duration),
    (grpc.KEEPALIVE_TIMEOUT, "GRPC_KEEPALIVE_TIMEOUT", show_duration),
    (grpc.PERMIT_WITHOUT_CALLS, "GRPC_KEEPALIVE_PERMIT_WITHOUT_STREAM", as_boolean),
    (grpc.MAX_RECEIVE, "GRPC_MAX_RECEIVE_SIZE", str),
    (grpc.MAX_SEND, "GRPC_MAX_SEND_SIZE", str),
)
_JAVA: tuple[Spelling, ...] = (
    (grpc.KEEPALIVE_TIME, "GRPC_KEEP_ALIVE_TIME_MS", str),
    (grpc.KEEPALIVE_TIMEOUT, "GRPC_KEEP_ALIVE_TIMEOUT_MS", str),
    (grpc.PERMIT_WITHOUT_CALLS, "GRPC_KEEP_ALIVE_WITHOUT_CALLS", as_boolean),
    (grpc.MAX_RECEIVE, "GRPC_MAX_INBOUND_MESSAGE_SIZE", str),
)
_OWN_WORDS: Mapping[Runtime, tuple[Spelling, ...]] = {Runtime.GO: _GO, Runtime.JAVA: _JAVA}


def of_channel(channel: Channel) -> Variables:
    """The variables of a channel: its arguments in the runtime's words, and its service config."""
    name = channel.service.name
    words = _OWN_WORDS.get(channel.client.runtime)
    found = spelled(channel.args, words, prefix(name)) if words else _arguments(name, channel.args)
    config = as_text(channel)
    return found | ({service_config_variable(name): config} if config is not None else {})


def _arguments(service: str, args: Args) -> Variables:
    """As C-core's own tools take them."""
    text = ",".join(f"{name}={value.value}" for name, value in args)
    return {channel_arguments_variable(service): join(text, *(value for _, value in args))} if args else {}


def spelled(args: Args, words: tuple[Spelling, ...], start: str) -> Variables:
    """Arguments as variables that begin with `start`, in a runtime's words; what it has no word for is left out."""
    known = {name: Fact(fact.value, fact.origins) for name, fact in args if isinstance(fact.value, int)}
    return {f"{start}_{word}": known[name].to(spell) for name, word, spell in words if name in known}


def of_pool(pool: CallerPool) -> Variables:
    """The variables of a pool, in the words of the runtime's usual one."""
    spell = {Runtime.GO: _database_sql, Runtime.CORE: _sqlalchemy, Runtime.JAVA: _hikari}
    found = spell.get(pool.client.runtime, _any_pool)(pool)
    return {f"{prefix(pool.service.name)}_{word}": value for word, value in found.items()}


def _database_sql(pool: CallerPool) -> Variables:
    return {
        "MAX_OPEN_CONNS": pool.max.to(str),
        "MAX_IDLE_CONNS": pool.idle.to(str),
        "CONN_MAX_IDLE_TIME": pool.idle_time.to(show_duration),
        "CONN_MAX_LIFETIME": pool.lifetime.to(show_duration),
    }


def _sqlalchemy(pool: CallerPool) -> Variables:
    """A pool size of 0 would mean no limit there; what goes beyond the size is closed when it is given back."""
    size = pool.idle.to(lambda idle: max(idle, 1))
    over = join(str(max(pool.max.value - size.value, 0)), pool.max, pool.idle)
    return {
        "SQLALCHEMY_POOL_SIZE": size.to(str),
        "SQLALCHEMY_MAX_OVERFLOW": over,
        "SQLALCHEMY_POOL_RECYCLE": pool.lifetime.to(_seconds),
    }


def _hikari(pool: CallerPool) -> Variables:
    return {
        "HIKARI_MAXIMUM_POOL_SIZE": pool.max.to(str),
        "HIKARI_MINIMUM_IDLE": pool.idle.to(str),
        "HIKARI_IDLE_TIMEOUT": pool.idle_time.to(str),
        "HIKARI_MAX_LIFETIME": pool.lifetime.to(str),
    }


def _any_pool(pool: CallerPool) -> Variables:
    return {
        "POOL_MAX": pool.max.to(str),
        "POOL_IDLE": pool.idle.to(str),
        "POOL_IDLE_TIME": pool.idle_time.to(show_duration),
        "POOL_LIFETIME": pool.lifetime.to(show_duration),
    }


def _seconds(ms: int) -> str:
    return str(max(ms // _SECOND, 1))

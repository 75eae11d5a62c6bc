"""What callers read does what it says: in SQLAlchemy, in gRPC against a real server, in Go and Java programs."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from sqlalchemy import text

from e2e.support.golang import find_go
from e2e.support.process import run
from support.calling import programs, variables

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.e2e

TOOLBOX = Path(__file__).parent / "toolbox/callers"
RETRIES = {"attempts": 4, "initial": "0s"}
METHOD = "/orders.Orders/Get"
UNHURRIED = "60s"
"""No machine is so busy that tries milliseconds apart take this long; a wait that C-core lost lasts until then."""
JAVA_STUB = """package io.grpc;
import java.util.Map;
import java.util.concurrent.TimeUnit;
public abstract class ManagedChannelBuilder<T extends ManagedChannelBuilder<T>> {
  public T keepAliveTime(long time, TimeUnit unit) { throw new UnsupportedOperationException(); }
  public T keepAliveTimeout(long time, TimeUnit unit) { throw new UnsupportedOperationException(); }
  public T keepAliveWithoutCalls(boolean enable) { throw new UnsupportedOperationException(); }
  public T maxInboundMessageSize(int bytes) { throw new UnsupportedOperationException(); }
  public T enableRetry() { throw new UnsupportedOperationException(); }
  public T defaultServiceConfig(Map<String, ?> config) { throw new UnsupportedOperationException(); }
}
"""
"""The methods that are called, as grpc-java has them; its own jar is not at hand."""


def loaded(source: str) -> dict[str, Any]:
    """What a Python file defines."""
    names: dict[str, Any] = {}
    exec(compile(source, "emitted.py", "exec"), names)  # noqa: S102 - it is what is tested
    return names


def test_the_engine_has_the_pool_of_the_spec():
    """By the file's own numbers, then by the ConfigMap's."""
    make = loaded(programs("core", pool={"max": 20, "idle": 4})["orders_db_pool.py"])["orders_db_engine"]
    engine = make("sqlite://", poolclass=__import__("sqlalchemy").pool.QueuePool)
    assert (engine.pool.size(), engine.pool._max_overflow, engine.pool._recycle) == (4, 16, 270)
    assert engine.pool._pre_ping
    with engine.connect() as connection:
        assert connection.execute(text("select 1")).scalar() == 1
    engine.dispose()


def test_the_environment_decides_where_there_is_one(monkeypatch: pytest.MonkeyPatch):
    """So that one program serves every cluster."""
    for name, value in variables("core", pool={"max": 7}).items():
        monkeypatch.setenv(name, value)
    make = loaded(programs("core", pool={"max": 20, "idle": 4})["orders_db_pool.py"])["orders_db_engine"]
    engine = make("sqlite://", poolclass=__import__("sqlalchemy").pool.QueuePool)
    assert (engine.pool.size(), engine.pool._max_overflow) == (7, 0)
    engine.dispose()


class Orders(grpc.GenericRpcHandler):
    """A service that fails so many times before it answers, and counts."""

    def __init__(self, failures: int) -> None:
        self.failures, self.tries = failures, 0

    def service(self, _details: object) -> grpc.RpcMethodHandler:
        return grpc.unary_unary_rpc_method_handler(self.get)

    def get(self, _request: bytes, context: grpc.ServicerContext) -> bytes:
        self.tries += 1
        if self.tries <= self.failures:
            context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
        return b"done"


@contextmanager
def serving(orders: Orders) -> Iterator[str]:
    """The address of a server with that service, on the loopback."""
    server = grpc.server(ThreadPoolExecutor(2), handlers=[orders])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


def called(address: str, options: list[tuple[str, int | str]]) -> bytes | grpc.StatusCode:
    """The answer of one call on a channel with those options, or its status."""
    with grpc.insecure_channel(address, [*options, ("grpc.enable_http_proxy", 0)]) as channel:
        try:
            return channel.unary_unary(METHOD)(b"", timeout=60)
        except grpc.RpcError as error:
            return error.code()


@pytest.mark.parametrize(
    ("failures", "tries", "answer"), [(2, 3, b"done"), (9, 4, grpc.StatusCode.UNAVAILABLE)]
)
def test_a_real_channel_takes_the_config_and_tries_as_often_as_it_says(failures, tries, answer):
    """C-core makes a channel that answers INVALID_ARGUMENT out of a config that it does not take.

    And one that never tries again after a wait that is too short; the shortest that is emitted is not.
    """
    emitted = programs("core", RETRIES, call={"deadline": UNHURRIED})["features_channel.py"]
    options = loaded(emitted)["features_options"]()
    assert ("grpc.keepalive_time_ms", 120_000) in options
    with serving(orders := Orders(failures)) as address:
        assert called(address, options) == answer
    assert orders.tries == tries


def test_a_call_that_must_not_run_twice_is_made_once():
    """The config says nothing about retries."""
    options = loaded(programs("core", RETRIES, call={"idempotent": False})["features_channel.py"])
    with serving(orders := Orders(9)) as address:
        assert called(address, options["features_options"]()) == grpc.StatusCode.UNAVAILABLE
    assert orders.tries == 1


def test_a_call_ends_with_the_deadline_of_the_config():
    """The caller's own minute is longer."""
    found = programs("core", call={"deadline": "50ms", "waitForReady": True})["features_channel.py"]
    options = loaded(found)["features_options"]()
    assert called("127.0.0.1:1", options) == grpc.StatusCode.DEADLINE_EXCEEDED
    without = loaded(programs("core", call={"deadline": "20s"})["features_channel.py"])["features_options"]()
    assert called("127.0.0.1:1", without) == grpc.StatusCode.UNAVAILABLE


PINS = {"grpc.keepalive_time_ms": 60_000, "grpc.max_receive_message_length": 4096}


@pytest.mark.parametrize(
    ("spec", "options"),
    [
        ({}, 3),
        ({"call": {"silentFor": None}}, 2),
        ({"pins": {"features": {"clientArguments": PINS}}}, 4),
        ({"call": {"silentFor": None}, "pins": {"features": {"clientArguments": PINS}}}, 4),
    ],
)
def test_go_programs_build_and_use_it(tmp_path: Path, spec, options):
    """Formatted, vetted, and run: database/sql has the pool, grpc-go takes the options and the service config."""
    go, folder = find_go(), tmp_path / "callers"
    shutil.copytree(TOOLBOX, folder)
    (folder / "calls").mkdir()
    files = programs("go", RETRIES, **spec)
    assert set(files) == {"orders_db_pool.go", "features_channel.go"}
    for name, source in files.items():
        (folder / "calls" / name).write_text(source)
    formatted = run([str(go.path.with_name("gofmt")), "-l", "calls"], folder=folder, seconds=60)
    go.fetch("list", "-deps", ".", folder=folder, seconds=600)
    go.run("vet", "./...", folder=folder, seconds=600)
    told = json.loads(go.run("run", ".", folder=folder, seconds=600))
    assert formatted == ""
    assert told == {"maxOpen": 20, "options": options}


@pytest.mark.parametrize("pins", [{}, {"features": {"clientArguments": PINS}}])
def test_java_programs_compile(tmp_path: Path, pins):
    """Against the methods of grpc-java's builder, where a JDK is at hand; its text is looked at in any case."""
    source = programs("java", RETRIES, pins=pins)["FeaturesChannel.java"]
    assert '"maxAttempts", 4.0' in source
    assert source.count("{") == source.count("}")
    javac = shutil.which("javac")
    if javac is not None:
        stub = tmp_path / "io/grpc/ManagedChannelBuilder.java"
        stub.parent.mkdir(parents=True)
        stub.write_text(JAVA_STUB)
        (tmp_path / "FeaturesChannel.java").write_text(source)
        run(
            [javac, "-Werror", "FeaturesChannel.java", str(stub)],
            folder=tmp_path,
            seconds=120,
            env=dict(os.environ),
        )
        assert (tmp_path / "FeaturesChannel.class").exists()


def test_the_properties_are_what_hikari_reads():
    """As java.util.Properties has it: comments, then one name and one value a line, each a setter of HikariConfig."""
    lines = programs("java", pool={"max": 9, "idle": 3})["orders_db_pool.properties"].splitlines()
    pairs = dict(line.split("=", 1) for line in lines if line.strip() and not line.startswith(("#", "!")))
    assert pairs == {
        "maximumPoolSize": "9", "minimumIdle": "3", "idleTimeout": "180000", "maxLifetime": "240000",
    }  # fmt: skip

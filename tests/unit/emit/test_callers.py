"""What callers read: pools that let go before anybody else does, channels that try again where nobody else does."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.calling import calling, compiled, programs, settings, variables
from support.compiler import compile_spec
from support.modelling import model

LATE = {"go": 1_000, "core": 1_000, "java": 30_000}


def _some(found, start):
    return {name.removeprefix(start): value for name, value in found.items() if name.startswith(start)}


def test_database_sql_gets_go_durations():
    """The firewall forgets after 300 s, and 270 s is a tenth sooner; nothing bounds the lifetime but what is usual."""
    assert _some(variables("go"), "ORDERS_DB_") == {
        "MAX_OPEN_CONNS": "20", "MAX_IDLE_CONNS": "20", "CONN_MAX_IDLE_TIME": "4m30s", "CONN_MAX_LIFETIME": "30m",
    }  # fmt: skip


def test_sqlalchemy_knows_ages_only_so_that_its_lifetime_is_the_idle_time():
    """It looks at the age when a connection is taken; what goes beyond the kept ones is closed when given back."""
    assert _some(variables("core", pool={"max": 20, "idle": 4}), "ORDERS_DB_SQLALCHEMY_") == {
        "POOL_SIZE": "4", "MAX_OVERFLOW": "16", "POOL_RECYCLE": "270",
    }  # fmt: skip
    none_idle = variables("core", pool={"max": 3, "idle": 0})
    assert (none_idle["ORDERS_DB_SQLALCHEMY_POOL_SIZE"], none_idle["ORDERS_DB_SQLALCHEMY_MAX_OVERFLOW"]) == (
        "1",
        "2",
    )


def test_hikari_looks_every_half_minute_and_keeps_what_it_keeps_for_its_lifetime():
    """Milliseconds; the idle time is well below the lifetime, or the pool would drop it."""
    assert _some(variables("java"), "ORDERS_DB_HIKARI_") == {
        "MAXIMUM_POOL_SIZE": "20", "MINIMUM_IDLE": "20", "IDLE_TIMEOUT": "180000", "MAX_LIFETIME": "240000",
    }  # fmt: skip


def test_other_callers_get_words_of_no_library():
    """And no program, as nobody knows what they are written in."""
    assert _some(variables("other"), "ORDERS_DB_") == {
        "POOL_MAX": "20", "POOL_IDLE": "20", "POOL_IDLE_TIME": "4m30s", "POOL_LIFETIME": "30m",
    }  # fmt: skip
    assert programs("other") == {}


def test_a_pool_without_a_size_gets_its_share_of_what_the_server_accepts():
    """Nine tenths of 100 for four pods."""
    found = variables("go", client={"replicas": 4}, orders={"maxConnections": 100}, pool={})
    assert found["ORDERS_DB_MAX_OPEN_CONNS"] == "22"


def test_a_pool_whose_size_nothing_decides_is_a_finding():
    """With both ways to say it."""
    (found,) = [each for each in compile_spec(calling(pool={})).findings if each.rule.startswith("SPC")]
    assert found.message == "nothing says how many connections the pool of shop to orders-db holds"
    assert "maxConnections" in found.help


def test_a_second_pool_from_one_caller_to_one_service_is_a_finding():
    """Which one would count?"""
    spec = calling()
    spec["network"]["calls"].append(spec["network"]["calls"][0])
    (found,) = [each for each in compile_spec(spec).findings if each.rule.startswith("SPC")]
    assert found.message == "shop has one pool to orders-db, and it is stated already"


def test_pinned_times_stand_in_the_output():
    """They are what the rules judge, at the pins' lines."""
    found = variables("go", pins={"orders-db": {"poolIdleTime": "90s", "poolLifetime": "4m"}})
    assert (found["ORDERS_DB_CONN_MAX_IDLE_TIME"], found["ORDERS_DB_CONN_MAX_LIFETIME"]) == ("1m30s", "4m")


seconds = st.integers(min_value=76, max_value=100_000)


@given(
    runtime=st.sampled_from(sorted(LATE)), wait=st.none() | seconds, box=seconds, age=st.none() | seconds,
    trip=st.integers(min_value=1, max_value=5_000), sidecar=st.booleans(),
)  # fmt: skip
def test_every_pool_is_sooner_than_everybody_else(runtime, wait, box, age, trip, sidecar):
    """The inequalities, straight from what the pools and the boxes do."""
    orders = {"waitTimeout": f"{wait}s" if wait else None, "maxConnectionAge": f"{age}s" if age else None}
    spec = calling(runtime, orders=orders, client={"sidecar": sidecar})
    spec["network"]["boxes"]["fw"]["idle"] = f"{min(box, 86_000)}s"
    spec["network"]["calls"][0]["roundTrip"] = f"{trip}ms"
    (pool,) = model(spec).callers.pools
    others = [wait, min(box, 86_000), 3_600 if sidecar else None]
    idle_end = min(each for each in others if each) * 1_000
    # How late a pool may notice, plus the way of the last word.
    slack = LATE[runtime] + trip
    by_age = runtime != "go"
    kept_idle = pool.lifetime.value if by_age else min(pool.idle_time.value, pool.lifetime.value)
    assert kept_idle + slack <= idle_end
    assert age is None or pool.lifetime.value + slack <= age * 1_000
    assert pool.lifetime.value >= (30_000 if runtime == "java" else 1_000)
    assert runtime != "java" or 10_000 <= pool.idle_time.value < pool.lifetime.value
    assert pool.idle.value <= pool.max.value


RETRIES = {"attempts": 4, "initial": "100ms"}


def _config(*args, **kwargs):
    found = variables(*args, **kwargs).get("FEATURES_GRPC_SERVICE_CONFIG")
    return None if found is None else json.loads(found)


def test_a_caller_without_a_sidecar_retries_by_itself():
    """As C-core wants it written; all waits together, with their jitter, take at most half of the deadline."""
    assert _config("core", RETRIES, call={"waitForReady": True}) == {
        "methodConfig": [
            {
                "name": [{}], "timeout": "4s", "waitForReady": True,
                "retryPolicy": {
                    "maxAttempts": 4, "initialBackoff": "0.100s", "maxBackoff": "0.277s", "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ],
        "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.2},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("call", "client", "retries"),
    [({}, {"sidecar": True}, RETRIES), ({"idempotent": False}, {}, RETRIES), ({}, {}, {"attempts": 1}), ({}, {}, None)],
)  # fmt: skip
def test_nobody_else_retries(call, client, retries):
    """The mesh does already; the call must not run twice; one try was asked for; nobody asked for any."""
    (method,) = _config("core", retries, call=call, client=client)["methodConfig"]
    assert method == {"name": [{}], "timeout": "4s"}


@pytest.mark.parametrize(
    ("runtime", "timeout"), [("core", "4s"), ("other", "4s"), ("go", "2s"), ("java", "2s")]
)
def test_a_config_ends_no_call_before_its_deadline(runtime, timeout):
    """C-core counts its timeout up to two seconds too short (grpc/grpc#34547)."""
    (method,) = _config(runtime, RETRIES)["methodConfig"]
    assert method["timeout"] == timeout


def test_tries_beyond_what_grpc_makes_are_not_promised():
    """It would cut them to five without a word."""
    (method,) = _config("go", {"attempts": 9})["methodConfig"]
    assert method["retryPolicy"]["maxAttempts"] == 5


def test_waits_are_never_so_short_that_core_rounds_them_away():
    """It would never try again (see the test with a real server)."""
    (method,) = _config("core", {"attempts": 3, "initial": "0s"}, call={"deadline": "4ms"})["methodConfig"]
    waits = method["retryPolicy"]["initialBackoff"], method["retryPolicy"]["maxBackoff"]
    assert waits == ("0.010s", "0.010s")


def test_calls_without_an_end_have_no_timeout():
    """A config's timeout is for every method of the service; then there may be nothing to say."""
    assert _config("core", call={"deadline": None}) is None
    assert "timeout" not in _config("core", RETRIES, call={"deadline": None})["methodConfig"][0]


def test_each_runtime_reads_its_own_words():
    """C-core's list of arguments, Go's durations, Java's milliseconds."""
    core = variables("core")["FEATURES_GRPC_CHANNEL_ARGUMENTS"]
    assert "grpc.keepalive_time_ms=120000" in core.split(",")
    assert _some(variables("go"), "FEATURES_GRPC_KEEPALIVE_") == {
        "TIME": "2m", "TIMEOUT": "20s", "PERMIT_WITHOUT_STREAM": "true",
    }  # fmt: skip
    assert _some(variables("java"), "FEATURES_GRPC_KEEP_ALIVE_") == {
        "TIME_MS": "120000", "TIMEOUT_MS": "20000", "WITHOUT_CALLS": "true",
    }  # fmt: skip


def test_a_pinned_service_config_is_handed_on_as_it_is():
    """And is not mixed with what would be worked out."""
    text = '{"methodConfig": [{"name": [{}], "timeout": "7s"}]}'
    pins = {"features": {"clientArguments": {"grpc.service_config": text}}}
    found = variables("core", RETRIES, pins=pins)
    assert found["FEATURES_GRPC_SERVICE_CONFIG"] == text
    assert "grpc.service_config" not in found["FEATURES_GRPC_CHANNEL_ARGUMENTS"]


def test_names_that_start_with_a_digit_are_names_of_variables_all_the_same():
    """A shell would not take them."""
    spec = calling("go")
    spec["network"]["services"]["2nd-db"] = spec["network"]["services"].pop("orders-db")
    spec["network"]["calls"][0]["to"] = "2nd-db"
    (found,) = [one for one in compile_spec(spec).settled if one.ref.name == "calls-of-shop"]
    assert "SERVICE_2ND_DB_MAX_OPEN_CONNS" in found.value["data"]


def _web(istio="1.30", pool=None, **service):
    stated = {
        "host": "web.prod.svc.cluster.local",
        "port": 80,
        "protocol": "http",
        "labels": {"app": "web"},
        **service,
    }
    network = {
        "services": {"web": stated},
        "calls": [{"from": "shop", "to": "web", "pool": pool, "idempotent": True}],
    }
    found = compile_spec(calling(platform={"istio": istio}) | {"network": network})
    assert not [each for each in found.findings if each.rule.startswith(("MSH", "SCH"))], found.findings
    return {one.ref.kind: one.value["spec"] for one in found.settled if one.ref.namespace == "prod"}


def test_sidecars_let_go_before_the_server_does():
    """Its keep-alive timeout is 60 s, and its connections are closed at 10 minutes; its own sidecar keeps to both, too."""
    found = _web(waitTimeout="60s", maxConnectionAge="10m")
    assert found["DestinationRule"]["trafficPolicy"] == {
        "connectionPool": {"http": {"idleTimeout": "45s"}, "tcp": {"maxConnectionDuration": "540s"}}
    }
    assert "Sidecar" not in found


def test_a_limit_for_each_caller_is_none_for_the_servers_own_app():
    """The rule would reach its inbound cluster; the server's own times are kept there."""
    found = _web(pool={"max": 10}, waitTimeout="60s")
    policy = found["DestinationRule"]["trafficPolicy"]["connectionPool"]
    assert policy == {"http": {"idleTimeout": "45s"}, "tcp": {"maxConnections": 10}}
    assert found["Sidecar"] == {
        "workloadSelector": {"labels": {"app": "web"}},
        "inboundConnectionPool": {"tcp": {"connectTimeout": "10s"}, "http": {"idleTimeout": "45s"}},
    }


def test_endpoints_that_fail_are_left_out_where_it_is_stated():
    """In short, or with the rest; a service that says nothing gets nothing."""
    policy = _web(ejectAfter=5)["DestinationRule"]["trafficPolicy"]
    assert policy == {
        "outlierDetection": {"consecutive5xxErrors": 5, "baseEjectionTime": "30s", "maxEjectionPercent": 10}
    }
    policy = _web(ejectAfter={"errors": 3, "lasting": "1m", "atMost": 50})["DestinationRule"]["trafficPolicy"]
    assert policy["outlierDetection"] == {
        "consecutive5xxErrors": 3, "baseEjectionTime": "60s", "maxEjectionPercent": 50,
    }  # fmt: skip
    assert _web() == {}


def test_two_ports_of_a_host_keep_their_own():
    """Settings of a port inherit nothing, so each has all of its own."""
    base = {"host": "web.prod.svc.cluster.local", "protocol": "http", "labels": {"app": "web"}}
    services = {
        "web": {**base, "port": 80, "waitTimeout": "60s"},
        "admin": {**base, "port": 81, "ejectAfter": 2},
    }
    calls = [{"from": "shop", "to": name, "idempotent": True} for name in services]
    found = compile_spec(calling() | {"network": {"services": services, "calls": calls}})
    (rule,) = [one.value["spec"] for one in found.settled if one.ref.kind == "DestinationRule"]
    ports = {
        each["port"]["number"]: set(each) - {"port"} for each in rule["trafficPolicy"]["portLevelSettings"]
    }
    assert ports == {80: {"connectionPool"}, 81: {"outlierDetection"}}


def test_callers_of_several_namespaces_each_get_theirs():
    """A ConfigMap can only be read beside it."""
    found = compiled("go", client={"namespaces": ["shop", "till"]}).settled
    assert {one.ref.namespace for one in found if one.ref.name == "calls-of-shop"} == {"shop", "till"}


AGES = {"maxConnectionAge": "30m", "maxConnectionAgeGrace": "5m", "maxMessage": "8Mi"}


@pytest.mark.parametrize(
    ("runtime", "told"),
    [
        ("go", {
            "KEEPALIVE_MIN_TIME": "10s", "KEEPALIVE_PERMIT_WITHOUT_STREAM": "true", "MAX_CONNECTION_AGE": "30m",
            "MAX_CONNECTION_AGE_GRACE": "5m", "MAX_RECEIVE_SIZE": "8388608", "MAX_SEND_SIZE": "8388608",
        }),
        ("java", {
            "PERMIT_KEEP_ALIVE_TIME_MS": "10000", "PERMIT_KEEP_ALIVE_WITHOUT_CALLS": "true",
            "MAX_CONNECTION_AGE_MS": "1800000", "MAX_CONNECTION_AGE_GRACE_MS": "300000",
            "MAX_INBOUND_MESSAGE_SIZE": "8388608",
        }),
        ("core", {
            "CHANNEL_ARGUMENTS": "grpc.http2.min_ping_interval_without_data_ms=10000,"
            "grpc.keepalive_permit_without_calls=1,grpc.max_connection_age_ms=1800000,"
            "grpc.max_connection_age_grace_ms=300000,grpc.max_receive_message_length=8388608,"
            "grpc.max_send_message_length=8388608",
        }),
    ],
)  # fmt: skip
def test_servers_get_what_the_spec_says_of_them(runtime, told):
    """In the words of their runtime: the callers' numbers rest on it."""
    assert _some(settings(features={**AGES, "runtime": runtime}), "FEATURES_SERVER_GRPC_") == told


def test_a_server_that_nothing_is_said_of_gets_nothing():
    """Its runtime's defaults are its own."""
    bare = {"minPingInterval": None, "permitPingsWithoutCalls": None}
    assert settings(features=bare, call={"silentFor": None}) == {}


def test_pinned_arguments_of_a_server_reach_it():
    """Also over what the spec says of it."""
    pins = {
        "features": {
            "serverArguments": {"grpc.max_connection_idle_ms": 60000, "grpc.max_connection_age_ms": 900000}
        }
    }
    found = settings(features={"maxConnectionAge": "30m"}, pins=pins)
    assert found["FEATURES_SERVER_GRPC_MAX_CONNECTION_IDLE"] == "1m"
    assert found["FEATURES_SERVER_GRPC_MAX_CONNECTION_AGE"] == "15m"


def test_servers_outside_of_the_cluster_are_not_ours_to_set():
    """There is no namespace for a ConfigMap."""
    assert settings(features={"host": "features.example.org"}) == {}

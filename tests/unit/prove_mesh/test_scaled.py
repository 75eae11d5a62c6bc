"""Time divided: in Envoy's configuration, in what it does unasked, and in channel arguments."""

import json

from hypothesis import given
from hypothesis import strategies as st

from backstay.prove.mesh.scaled import scaled, scaled_arguments, spell_out, whole_seconds
from backstay.prove.mesh.untimed import untime, untimed
from backstay.upstream.istio import FILTER_TYPES, HCM, HTTP_PROTOCOL_OPTIONS


def test_every_duration_is_divided_and_nothing_else():
    """Names, numbers and the time to connect stay."""
    config = {
        "name": "x",
        "count": 60,
        "connect_timeout": "10s",
        "in": [{"idle_timeout": "3600s", "off": "0s"}],
    }
    assert scaled(config, 100) == {
        "name": "x", "count": 60, "connect_timeout": "10s", "in": [{"idle_timeout": "36s", "off": "0s"}],
    }  # fmt: skip


@given(st.integers(1, 10_000_000), st.integers(1, 10_000))
def test_no_duration_becomes_zero(ms, scale):
    """To Envoy that would mean `off`, or be refused."""
    [(_, text)] = scaled({"interval": f"{ms / 1000}s"}, scale).items()
    assert round(float(text.removesuffix("s")) * 1000) == max(1, round(ms / scale))


@given(st.integers(1, 100_000), st.integers(1, 10_000))
def test_whole_seconds_are_rounded_up(seconds, scale):
    """Slower than the spec has it, never faster: what survives that survives."""
    assert whole_seconds(seconds, scale) >= max(1, seconds / scale)
    assert whole_seconds(seconds, scale) - 1 < seconds / scale


def test_tcp_keepalive_has_whole_seconds():
    """As Envoy's `tcp_keepalive` has them; the number of probes is no time."""
    probes = {"keepalive_time": 10, "keepalive_interval": 5, "keepalive_probes": 3}
    assert scaled({"tcp_keepalive": probes}, 4) == {
        "tcp_keepalive": {"keepalive_time": 3, "keepalive_interval": 2, "keepalive_probes": 3}
    }


def test_what_envoy_does_unasked_is_written_out_before_it_is_divided():
    """An idle timeout of an hour would otherwise be an hour still."""
    manager = {"name": HCM, "typed_config": {"@type": FILTER_TYPES[HCM], "drain_timeout": "7s"}}
    cluster = {"name": "c"}
    spell_out({"listeners": [{"filter_chains": [{"filters": [manager]}]}], "clusters": [cluster]})
    assert manager["typed_config"] == {
        "@type": FILTER_TYPES[HCM], "drain_timeout": "7s", "stream_idle_timeout": "300s",
        "common_http_protocol_options": {"idle_timeout": "3600s"},
    }  # fmt: skip
    options = cluster["typed_extension_protocol_options"][HTTP_PROTOCOL_OPTIONS]
    assert options["common_http_protocol_options"] == {"idle_timeout": "3600s"}


def test_channel_arguments_that_are_waits_are_divided():
    """For ever stays for ever, and what is no wait stays what it is."""
    arguments = {
        "grpc.keepalive_time_ms": 60_000, "grpc.http2.ping_timeout_ms": 10, "grpc.max_connection_age_ms": 2**31 - 1,
        "grpc.http2.max_ping_strikes": 2, "grpc.initial_reconnect_backoff_ms": 1000, "grpc.lb_policy_name": "x",
    }  # fmt: skip
    assert scaled_arguments(arguments, 100) == {
        **arguments, "grpc.keepalive_time_ms": 600, "grpc.http2.ping_timeout_ms": 1,
    }  # fmt: skip


def test_between_requests_nobody_times_them():
    """Pings, idle times and the number of tries stay."""
    retries = {"num_retries": 2, "per_try_timeout": "3s"}
    action = {"cluster": "c", "timeout": "40s", "max_grpc_timeout": "40s", "retry_policy": retries}
    manager = {
        "stream_idle_timeout": "60s",
        "route_config": {"virtual_hosts": [{"routes": [{"route": action}, {}]}]},
    }
    untime({"listeners": [{"filter_chains": [{"filters": [{"name": HCM, "typed_config": manager}]}]}]})
    assert action == {"cluster": "c", "timeout": "0s", "retry_policy": {"num_retries": 2}}
    assert manager["stream_idle_timeout"] == "60s"


def test_between_requests_no_service_config_times_them():
    """Whatever else it says stays; so does a text that is none."""
    config = {"methodConfig": [{"name": [{}], "timeout": "4s", "waitForReady": True}]}
    told = untimed({"grpc.service_config": json.dumps(config), "grpc.keepalive_time_ms": 10})
    assert json.loads(told.pop("grpc.service_config")) == {
        "methodConfig": [{"name": [{}], "waitForReady": True}]
    }
    assert told == {"grpc.keepalive_time_ms": 10}
    for same in ({}, {"grpc.service_config": "{"}, {"grpc.service_config": 3}):
        assert untimed(same) == same

"""Patch values are read as istiod reads them."""

from __future__ import annotations

import pytest

from backstay.prove.istiod.fields import Shape, fields_of, is_registered
from backstay.prove.istiod.scalars import read_duration, read_scalar
from backstay.prove.istiod.values import read_value
from backstay.prove.istiod.words import Refused

HTTP2 = "envoy.config.core.v3.Http2ProtocolOptions"
FILTER = "envoy.config.listener.v3.Filter"
HCM = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
LISTENER = "envoy.config.listener.v3.Listener"


def test_the_field_table_knows_lists_maps_oneofs_and_presence():
    """The four things a plain dict does not tell are in the table."""
    cluster, hcm = fields_of("envoy.config.cluster.v3.Cluster"), fields_of(HCM)
    assert cluster["filters"].shape is Shape.LIST
    assert cluster["typed_extension_protocol_options"].shape is Shape.MAP
    assert hcm["rds"].oneof == hcm["route_config"].oneof == "route_specifier"
    assert fields_of("envoy.config.core.v3.SocketAddress")["port_value"].present
    assert not hcm["proxy_100_continue"].present
    assert hcm["use_remote_address"].wrapped == "Bool"
    assert fields_of("no.such.Message") is None


@pytest.mark.parametrize(
    ("url", "known"),
    [
        (f"type.googleapis.com/{HCM}", True),
        ("type.googleapis.com/envoy.extensions.filters.http.oauth2.v3.OAuth2", True),
        ("type.googleapis.com/istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig", True),
        ("type.googleapis.com/google.protobuf.StringValue", True),
        (
            "type.googleapis.com/envoy.config.filter.network.http_connection_manager.v2.HttpConnectionManager",
            False,
        ),
        ("type.googleapis.com/no.such.Message", False),
    ],
)
def test_which_types_istiod_can_resolve(url: str, known):
    """The withdrawn v2 API and invented names are unknown."""
    assert is_registered(url) is known


def test_both_spellings_come_out_the_same():
    """A field may be written under its own name or its JSON name."""
    snake = {"max_concurrent_streams": 7, "connection_keepalive": {"interval": "60s"}}
    camel = {"maxConcurrentStreams": 7, "connectionKeepalive": {"interval": "60s"}}
    assert read_value(snake, HTTP2).value == read_value(camel, HTTP2).value == snake


def test_an_unknown_field_is_dropped_and_named_with_its_nearest():
    """A typo is lost without an error."""
    reading = read_value({"connection_keep_alive": {"interval": "1s"}, "zzz": 1}, HTTP2)
    assert reading.value == {}
    assert "`connection_keep_alive` is not a field of" in reading.unknown[0]
    assert "nearest field is `connection_keepalive`" in reading.unknown[0]
    assert reading.unknown[1] == f"`zzz` is not a field of {HTTP2}"


def test_what_protobuf_cannot_tell_from_unset_is_left_out():
    """Plain zeros, zero enums, nulls and empty lists say nothing; wrapped zeros and empty messages do."""
    given = {
        "name": "",
        "reuse_port": False,
        "drain_type": "DEFAULT",
        "traffic_direction": 0,
        "listener_filters": [],
        "stat_prefix": None,
        "transparent": False,
        "tcp_backlog_size": 0,
        "metadata": {},
        "listener_filters_timeout": "0s",
    }
    expected = {
        "transparent": False,
        "tcp_backlog_size": 0,
        "metadata": {},
        "listener_filters_timeout": "0s",
    }
    assert read_value(given, LISTENER).value == expected


def test_numbers_take_the_form_of_their_width():
    """64-bit numbers are text in protobuf's JSON, narrower ones are not; both may be written either way."""
    given = {
        "socket_options": [{"level": 1, "name": "9", "int_value": 1.0}],
        "tcp_fast_open_queue_length": "12",
    }
    expected = {
        "socket_options": [{"level": "1", "name": "9", "int_value": "1"}],
        "tcp_fast_open_queue_length": 12,
    }
    assert read_value(given, LISTENER).value == expected


def test_an_any_is_read_by_its_type_all_the_way_down():
    """Fields inside an Any are known fields of its type, too."""
    config = {
        "@type": f"type.googleapis.com/{HCM}",
        "streamIdleTimeout": "1m30s",
        "http2_protocol_options": {"oops": 1},
    }
    reading = read_value({"name": "x", "typedConfig": config}, FILTER)
    assert reading.value["typed_config"] == {
        "@type": f"type.googleapis.com/{HCM}",
        "stream_idle_timeout": "90s",
        "http2_protocol_options": {},
    }
    assert "typedConfig.http2_protocol_options.oops" in reading.unknown[0]


def test_a_type_without_a_field_table_is_taken_as_written():
    """Nothing can be said about the fields of an extension that the table lacks, except that."""
    url = "type.googleapis.com/envoy.extensions.filters.http.oauth2.v3.OAuth2"
    reading = read_value({"name": "x", "typed_config": {"@type": url, "config": {"any": 1}}}, FILTER)
    assert reading.value["typed_config"] == {"@type": url, "config": {"any": 1}}
    assert reading.opaque == ("envoy.extensions.filters.http.oauth2.v3.OAuth2",)


def test_structs_are_kept_as_they_are():
    """A google.protobuf.Struct holds whatever JSON it is given."""
    given = {"metadata": {"filter_metadata": {"istio": {"a": [1, None, {"b": False}]}}}}
    assert read_value(given, LISTENER).value == given


@pytest.mark.parametrize(
    ("value", "message", "said"),
    [
        ([], LISTENER, "the value is not an object"),
        ({"name": 7}, LISTENER, "name: 7 is not text"),
        ({"filter_chains": {}}, LISTENER, "filter_chains is not a list"),
        ({"filter_chains": ["x"]}, LISTENER, "filter_chains[0] is not an object"),
        ({"transparent": "yes"}, LISTENER, "transparent: 'yes' is not true or false"),
        ({"tcp_backlog_size": -1}, LISTENER, "is not of type uint32"),
        ({"tcp_backlog_size": 2**32}, LISTENER, "is not of type uint32"),
        ({"tcp_backlog_size": True}, LISTENER, "is not of type uint32"),
        ({"tcp_backlog_size": "1.5"}, LISTENER, "is not of type uint32"),
        ({"drain_type": True}, LISTENER, "is not an enum value"),
        ({"listener_filters_timeout": "60"}, LISTENER, "listener_filters_timeout: '60' is not a duration"),
        ({"listener_filters_timeout": 60}, LISTENER, "60 is not a duration"),
        ({"metadata": {"filter_metadata": []}}, LISTENER, "metadata.filter_metadata is not an object"),
        ({"typed_config": {}}, FILTER, "typed_config has no `@type`"),
        ({"typed_config": {"@type": "type.googleapis.com/x.Y"}}, FILTER, "a type istiod does not know"),
        ({"rds": {}, "routeConfig": {}}, HCM, "routeConfig and rds exclude each other"),
    ],
)
def test_what_does_not_fit_is_refused(value: object, message: str, said: str):
    """Istiod's parser fails on a wrong type, and the webhook refuses the object."""
    with pytest.raises(Refused, match=said.replace("[", r"\[").replace(".", r"\.")):
        read_value(value, message)


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("60s", "60s"),
        ("0", "0s"),
        ("0s", "0s"),
        ("-0s", "0s"),
        ("1m", "60s"),
        ("1h2m3s", "3723s"),
        ("500ms", "0.500s"),
        ("1.5s", "1.500s"),
        (".25s", "0.250s"),
        ("1us", "0.000001s"),
        ("1ns", "0.000000001s"),
        ("-1.5s", "-1.500s"),
        ("+2s", "2s"),
    ],
)
def test_durations_come_out_in_protobufs_form(given: str, written: str):
    """Go's spellings are accepted, protobuf's is written."""
    assert read_duration(given) == written


@pytest.mark.parametrize(
    ("value", "kind", "read"),
    [
        (50, "double", 50),
        ("2.5", "float", 2.5),
        (-3, "int32", -3),
        ("V3", "enum:AUTO", "V3"),
        ("Zm9v", "bytes", "Zm9v"),
    ],
)
def test_scalars_of_other_kinds(value: object, kind: str, read: object):
    """Real numbers may be text, enums may be names, bytes are text."""
    assert read_scalar(value, kind) == read


@pytest.mark.parametrize(
    ("value", "kind"), [("x", "double"), (None, "float"), (True, "double"), (2**31, "int32")]
)
def test_scalars_that_are_refused(value: object, kind: str):
    """What is no number, or out of range, is refused."""
    with pytest.raises(Refused):
        read_scalar(value, kind)

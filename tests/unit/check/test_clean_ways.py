"""No false alarm: every way of keeping a silent stream open that was measured to work has nothing to report.

The rows of tests/support/hop_table.py that survive, at the times of a real cluster: as specs through the whole
compiler, and as objects that somebody wrote by hand. Findings of any severity count.
"""

from __future__ import annotations

import pytest

from backstay.check import engine
from backstay.check.context import Context
from backstay.upstream.catalog import features
from support.casebook import item, on_base
from support.compiler import compile_spec
from support.hop_table import ROWS
from support.istio import envoy_filter, keepalive_patch, options_patch

PLATFORM = {"kubernetes": "1.36", "istio": "1.30"}
ARGUMENTS = {
    "grpc.keepalive_time_ms": 120_000, "grpc.keepalive_timeout_ms": 20_000, "grpc.http2.max_pings_without_data": 0,
    "grpc.http2.ping_timeout_ms": 20_000,
}  # fmt: skip
COMPLETE = {
    "common_http_protocol_options": {},
    "explicit_http_config": {
        "http2_protocol_options": {"connection_keepalive": {"interval": "60s", "timeout": "20s"}}
    },
}
SERVICE = {
    "host": "f.prod.svc.cluster.local", "port": 9000, "protocol": "grpc", "runtime": "core", "portName": "grpc",
    "labels": {"app": "f"},
}  # fmt: skip
CALL = {
    "from": "trainers",
    "to": "f",
    "via": ["fw"],
    "stream": "server",
    "silentFor": "1h",
    "idempotent": True,
}
METADATA = {"preset": "kfp-metadata-grpc"}


def spec(istio, client, service, *, to="f", pins=None):
    """A cluster with one call through a firewall that forgets after five minutes."""
    return on_base({
        "platform": {"istio": istio}, "retries": None,
        "network": {
            "boxes": {"fw": {"idle": "300s"}}, "clients": {"trainers": {"runtime": "core", **client}},
            "services": {to: service} if to == "metadata" else {"metadata": None, to: service},
            "calls": [{**CALL, "to": to}], "overrides": {to: pins} if pins else {},
        },
    })  # fmt: skip


SPECS = {
    "the client sidecar's cluster": spec({"version": "1.30"}, {"sidecar": True, "namespaces": ["team"]}, SERVICE),
    "the client sidecar's cluster, by a rule": spec({"version": "1.31"}, {"sidecar": True}, SERVICE),
    "server arguments, no sidecars": spec(None, {}, METADATA, to="metadata"),
    "client without sidecar: the server's connection manager": spec({"version": "1.30"}, {"sidecar": False}, SERVICE),
    "client without sidecar: client arguments": spec(
        {"version": "1.30"}, {"sidecar": False}, SERVICE, pins={"clientArguments": ARGUMENTS}
    ),
}  # fmt: skip
OBJECTS = {
    "both connection managers": [
        envoy_filter("in", keepalive_patch("SIDECAR_INBOUND", seconds=60), priority=10),
        envoy_filter("out", keepalive_patch("SIDECAR_OUTBOUND", seconds=60), priority=10),
    ],
    "the client sidecar's cluster": [
        envoy_filter("up", options_patch(COMPLETE, service="orders.shop.svc.cluster.local", portNumber=9000), priority=10)
    ],
    "client without sidecar: the server's connection manager": [
        envoy_filter("in", keepalive_patch("SIDECAR_INBOUND", seconds=60), priority=10)
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", SPECS)
def test_a_spec_whose_streams_survive_has_nothing_to_report(name):
    """Through every stage: model, objects, schemas."""
    assert compile_spec(SPECS[name]).findings == []


@pytest.mark.parametrize("name", OBJECTS)
def test_objects_that_keep_streams_alive_have_nothing_to_report(name):
    """Hand-written ones, without a spec beside them."""
    items = [item(value, f"{index}.yaml") for index, value in enumerate(OBJECTS[name])]
    assert list(engine.run(Context(items, features(**PLATFORM), PLATFORM))) == []


def test_every_row_that_survives_is_among_them():
    """A new row of the table is a new test here."""
    survivors = {row.name for row in ROWS if row.outcome == "survives"}
    assert survivors <= SPECS.keys() | OBJECTS.keys()

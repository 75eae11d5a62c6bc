"""Retries of calls: written out where sidecars' own would be unsafe or too many, with a brake."""

from __future__ import annotations

import pytest

from support.casebook import on_base
from support.compiler import compile_spec

SERVICE = {
    "host": "orders.prod.svc.cluster.local",
    "port": 9000,
    "portName": "grpc",
    "protocol": "grpc",
    "runtime": "go",
}
CALL = {"from": "shop", "to": "orders"}


def _objects(istio="1.30", call=(), **spec):
    network = {"services": {"orders": SERVICE}, "calls": [{**CALL, **dict(call)}], **spec.pop("network", {})}
    value = on_base({"platform": {"istio": {"version": istio}}, "network": network, **spec})
    compiled = compile_spec(value)
    assert not compiled.stops, [(f.rule, f.message) for f in compiled.findings]
    return {s.ref.kind: s.value for s in compiled.settled if s.ref.namespace == "prod"}


def test_a_call_that_must_not_run_twice_is_retried_only_before_it_began():
    """Istio's default would retry `unavailable`, when the server may have run."""
    found = _objects(call={"idempotent": False})
    (http,) = found["VirtualService"]["spec"]["http"]
    assert http["retries"] == {
        "attempts": 2,
        "retryOn": "connect-failure,refused-stream,reset-before-request",
    }
    assert "port" not in http["route"][0]["destination"]
    assert found["DestinationRule"]["spec"]["trafficPolicy"]["retryBudget"] == {
        "percent": 20,
        "minRetryConcurrency": 3,
    }


def test_stated_tries_count_the_first_one():
    """`attempts: 3` is two retries; the first wait is the spec's."""
    retries = {"calls": {"attempts": 3, "initial": "50ms"}, "maxAttempts": 12}
    (http,) = _objects(call={"idempotent": True}, retries=retries)["VirtualService"]["spec"]["http"]
    assert http["retries"]["attempts"] == 2
    assert http["retries"]["backoff"] == "0.050s"
    assert "unavailable" in http["retries"]["retryOn"].split(",")


@pytest.mark.parametrize(
    ("service", "words"),
    [
        ({}, "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes,reset"),
        ({"protocol": "http", "portName": "http"}, "connect-failure,refused-stream,reset,503"),
    ],
)
def test_tries_that_are_asked_for_are_made_after_every_failure_that_they_are_for(service, words):
    """A server that hangs is given up as by a reset; plain HTTP has statuses of its own."""
    retries = {"calls": {"attempts": 3}, "maxAttempts": 12}
    network = {"services": {"orders": {**SERVICE, **service}}}
    (http,) = _objects(call={"idempotent": True}, retries=retries, network=network)["VirtualService"]["spec"][
        "http"
    ]
    assert http["retries"]["retryOn"] == words


def test_one_try_means_no_retries():
    """And no other field, which the webhook would refuse."""
    (http,) = _objects(call={"idempotent": False}, retries={"calls": {"attempts": 1}})["VirtualService"][
        "spec"
    ]["http"]
    assert http["retries"] == {"attempts": 0}


@pytest.mark.parametrize(
    ("istio", "fields"), [("1.24", {"attempts", "retryOn"}), ("1.26", {"attempts", "retryOn", "backoff"})]
)
def test_fields_that_an_istio_does_not_have_are_left_out(istio, fields):
    """`backoff` came with 1.26, `retryBudget` with 1.27."""
    retries = {"calls": {"attempts": 2}, "maxAttempts": 12}
    found = _objects(istio, {"idempotent": False}, retries=retries)
    assert set(found["VirtualService"]["spec"]["http"][0]["retries"]) == fields
    assert "DestinationRule" not in found


def test_a_pinned_route_timeout_is_written_down():
    """It was stated, so it stands in the output, and the rules judge it there."""
    pins = {"overrides": {"orders": {"routeTimeout": "30s"}}}
    (http,) = _objects(call={"idempotent": True}, network=pins)["VirtualService"]["spec"]["http"]
    assert http["timeout"] == "30s"
    assert "retries" not in http


def test_tries_fit_into_the_deadline():
    """Three tries of 3s and waits of 50ms and 150ms end before the 10s after which the caller gives up."""
    retries = {"calls": {"attempts": 3, "initial": "50ms"}, "maxAttempts": 12}
    call = {"idempotent": True, "deadline": "10s"}
    (http,) = _objects(call=call, retries=retries)["VirtualService"]["spec"]["http"]
    assert (http["timeout"], http["retries"]["perTryTimeout"]) == ("10s", "3s")


def test_one_try_has_the_whole_deadline():
    """No `perTryTimeout`, which would end it sooner for nothing."""
    call = {"idempotent": True, "deadline": "10s"}
    (http,) = _objects(call=call, retries={"calls": {"attempts": 1}})["VirtualService"]["spec"]["http"]
    assert (http["timeout"], http["retries"]) == ("10s", {"attempts": 0})


def test_a_try_that_may_be_silent_is_not_given_up():
    """A server that works for a minute without a word is not taken for one that hangs."""
    retries = {"calls": {"attempts": 3}, "maxAttempts": 12}
    call = {"idempotent": True, "deadline": "10m", "silentFor": "1m"}
    (http,) = _objects(call=call, retries=retries)["VirtualService"]["spec"]["http"]
    assert http["timeout"] == "600s"
    assert "perTryTimeout" not in http["retries"]


@pytest.mark.parametrize("call", [{"stream": "server", "deadline": "10s"}, {}])
def test_streams_and_calls_without_an_end_are_not_cut(call):
    """A timeout would end a stream in the middle, and a deadline that nobody states is none."""
    retries = {"calls": {"attempts": 3}, "maxAttempts": 12}
    found = _objects(call={"idempotent": True, **call}, retries=retries)
    (http,) = found["VirtualService"]["spec"]["http"]
    assert "timeout" not in http
    assert "perTryTimeout" not in http["retries"]


def test_sidecars_are_told_the_tries_that_the_budget_leaves():
    """Steps are tried four times: of six tries in all, one is left for each of their calls."""
    steps = {"clients": {"pipeline-steps": {"sidecar": True}}}
    call = {"from": "pipeline-steps", "idempotent": True}
    found = _objects(call=call, network=steps, retries={"maxAttempts": 6})
    assert found["VirtualService"]["spec"]["http"][0]["retries"] == {"attempts": 0}


@pytest.mark.parametrize("call", [{}, {"idempotent": True}])
def test_nothing_is_written_where_nothing_has_to_be_said(call):
    """Nobody stated retries, and the call may run twice or nobody said that it must not."""
    assert "VirtualService" not in _objects(call=call)


def test_callers_without_a_sidecar_are_told_nothing():
    """A VirtualService would not reach them."""
    plain = {"clients": {"shop": {"sidecar": False}}}
    assert "VirtualService" not in _objects(call={"idempotent": False}, network=plain)

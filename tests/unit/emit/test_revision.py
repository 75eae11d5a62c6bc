"""Knative's revisions give a request as long as its callers do, and no longer than the installation allows."""

from __future__ import annotations

import pytest

from support.casebook import on_base
from support.compiler import compile_spec


def _compiled(*calls, **knative):
    service = {"host": "model.prod.svc.cluster.local", "port": 80, "protocol": "http", **knative}
    network = {
        "services": {"model": service},
        "calls": [{"from": "shop", "to": "model", "idempotent": True, **call} for call in calls],
    }
    return compile_spec(on_base({"network": network}))


def _times(*calls, maximum="1h"):
    compiled = _compiled(*calls, knative={"name": "model", "maxTimeout": maximum})
    assert not compiled.stops, compiled.findings
    found = [one.value for one in compiled.settled if one.ref.apiVersion == "serving.knative.dev/v1"]
    return found[0]["spec"]["template"]["spec"] if found else None


@pytest.mark.parametrize(
    ("calls", "whole", "first", "idle"),
    [
        ([{"deadline": "20m"}], 1200, 1200, None),
        ([{"deadline": "8s"}], 300, 8, None),
        ([{"deadline": "20m", "silentFor": "20m"}], 1200, 1200, 1200),
        ([{"deadline": "20m", "stream": "server", "silentFor": "90500ms"}], 1200, 91, 91),
        ([{"deadline": "20m", "stream": "server", "silentFor": "1h", "heartbeat": "10s"}], 1200, 10, 10),
        ([{"deadline": "20m", "stream": "server", "silentFor": "9s"}, {"deadline": "400s"}], 1200, 400, None),
    ],
)  # fmt: skip
def test_a_revision_outlasts_its_callers(calls, whole, first, idle):
    """Whole seconds; never less than it has anyway; the first byte is stated, or it would default to 300 s."""
    found = _times(*calls)
    assert (found["timeoutSeconds"], found["responseStartTimeoutSeconds"]) == (whole, first)
    assert found.get("idleTimeoutSeconds") == idle


def test_calls_without_an_end_leave_the_revision_alone():
    """Nobody knows how long it would have to be."""
    assert _times({"deadline": "20m"}, {}) is None


def test_an_end_that_the_installation_does_not_allow_is_a_conflict():
    """Both lines are named, and what to write."""
    compiled = _compiled({"deadline": "20m"}, knative={"name": "model"})
    (found,) = [each for each in compiled.findings if each.rule == "MSH040"]
    assert "shop waits for 20m" in found.message
    assert "Knative refuses revisions of model with more than 10m" in found.message
    assert "MSH041" not in {each.rule for each in compiled.findings}

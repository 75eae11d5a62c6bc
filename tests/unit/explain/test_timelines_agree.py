"""Timelines say what the solved numbers say, for every workload of the example fleet."""

from __future__ import annotations

import pytest

from backstay.cli.explaining import subject_of
from backstay.cli.loading import load
from backstay.explain.timeline.moments import Event
from backstay.explain.timeline.tell import timelines
from backstay.model.jobs import Cause, Kind
from support.repository import CLUSTERS, REPO


@pytest.fixture(scope="module")
def clusters():
    """The models of the fleet's clusters by name."""
    found = {}
    for name in CLUSTERS:
        (loaded,) = load(REPO / "specs", (name,))
        subject = subject_of(loaded)
        assert subject is not None
        found[name] = subject.cluster
    return found


def test_a_lost_node_takes_as_long_as_was_solved(clusters):
    """The last moment is the derivation's sum; none where nothing brings the workload back."""
    judged = 0
    for cluster in clusters.values():
        for workload in cluster.jobs.workloads if cluster.jobs.recovery else ():
            [told] = timelines(cluster, {Event.NODE_LOSS}, f"{workload.namespace.value}/{workload.name}")
            ends = Cause.DISRUPTION not in workload.retry_on
            expected = None if ends or workload.recovers_in is None else workload.recovers_in.value
            assert told.total == expected, (cluster.name, workload.name)
            assert max((one.at for one in told.moments if one.at is not None), default=0) >= (expected or 0)
            judged += 1
    assert judged >= 8


def test_an_eviction_ends_with_the_grace_period(clusters):
    """The kubelet kills at the solved grace period, whatever the workload."""
    for cluster in clusters.values():
        for workload in cluster.jobs.workloads:
            [told] = timelines(cluster, {Event.EVICTION}, f"{workload.namespace.value}/{workload.name}")
            killed = next(one for one in told.moments if one.what.startswith("kills what still runs"))
            assert killed.at == workload.grace.value


def test_a_pytorchjob_s_policy_decides_after_an_oom_kill(clusters):
    """Never fails it; OnFailure starts the container again with the limit that it had."""
    seen = {}
    for cluster in clusters.values():
        for workload in cluster.jobs.of_kind(Kind.PYTORCHJOB):
            [told] = timelines(cluster, {Event.OOM}, f"{workload.namespace.value}/{workload.name}")
            seen[workload.restart_policy.value] = told
    assert seen["Never"].total is None
    assert "Never" in seen["Never"].moments[-1].what
    assert seen["OnFailure"].total == 0
    assert "starts the container again" in seen["OnFailure"].moments[1].what
    assert "backoffLimit" in seen["OnFailure"].moments[-1].what

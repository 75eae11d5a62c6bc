"""A pipeline step that is silent for an hour dies at publish: a firewall forgot its connection to the metadata store.

Reported as kubeflow/pipelines#11660 and #12029. KFP 2.5, a box that forgets after 300 s, a step that runs for 3600 s;
what is right depends on who has a sidecar and on what the box counts.
"""

from dataclasses import replace

import pytest

from backstay.check import engine
from backstay.check.context import Context
from backstay.core.diagnostic import Severity
from backstay.resolve.pingers import with_pingers
from backstay.upstream import grpc
from support.modelling import model
from support.specs import spec_of

STOCK_KUBEFLOW = {"time": "10s", "interval": "5s", "probes": 3}
CALL = {
    "from": "pipeline-steps",
    "to": "metadata",
    "via": ["firewall"],
    "silentFor": "3600s",
    "idempotent": True,
}
DETECTING = {**CALL, "detectDeadPeerIn": "2m"}


def cluster(call, istio=None, *, injected=False, box="firewall", pins=None):
    """The incident's cluster, in one of its shapes."""
    platform = {"pipelines": {"version": "2.5", "multiUser": True}} | ({"istio": istio} if istio else {})
    network = {
        "boxes": {"firewall": {"preset": box, "idle": "300s"}}, "services": {"metadata": {"preset": "kfp-metadata-grpc"}},
        "clients": {"pipeline-steps": {"sidecar": injected}}, "calls": [call], "overrides": {"metadata": pins or {}},
    }  # fmt: skip
    return model(spec_of(platform, network=network))


def findings(found):
    """What all rules find in a model."""
    return list(engine.run(Context((), found.features, found.versions, found)))


def told(found, rule, severity):
    """The messages of a rule at a severity."""
    return [f.message for f in findings(found) if f.rule == rule and f.severity is severity]


def knobs(found):
    """What is turned for the metadata store."""
    [turned] = found.network.knobs
    return turned


def faults(found):
    """Everything that is more than a note."""
    return [f.message for f in findings(found) if f.severity is not Severity.INFO]


@pytest.fixture
def default():
    """Shape (a): the API server keeps sidecars out of step pods, the store has one."""
    return cluster(DETECTING, {"version": "1.26"})


def test_a_the_connection_manager_that_faces_the_steps_pings(default):
    """In time for the box and for the target, and nothing else is turned."""
    turned = knobs(default)
    assert turned.inbound is not None
    assert turned.inbound.interval.value * 115 // 100 < 300_000
    assert turned.inbound.interval.value * 115 // 100 + turned.inbound.timeout.value <= 120_000
    assert (turned.upstream, turned.server_args, turned.client_args) == (None, (), ())
    assert faults(default) == []


def test_a_it_is_said_that_steps_cannot_notice_a_dead_store(default):
    """Only the store's side pings."""
    [message] = told(default, "MSH004", Severity.INFO)
    assert "pipeline-steps itself cannot notice a dead metadata" in message


def test_a_server_arguments_alone_are_called_useless(default):
    """With nothing but the arguments that every answer to the issue recommends, the step still dies."""
    pinned = cluster(
        DETECTING,
        {"version": "1.26"},
        pins={"serverArguments": {grpc.KEEPALIVE_TIME: 60_000, grpc.PERMIT_WITHOUT_CALLS: 1}},
    )
    alone = replace(knobs(pinned), inbound=None)
    calls = tuple(
        with_pingers(replace(call, hops=tuple(replace(hop, pingers=()) for hop in call.hops)), alone)
        for call in pinned.network.calls
    )
    [message] = told(
        replace(pinned, network=replace(pinned.network, calls=calls, knobs=(alone,))),
        "MSH002",
        Severity.ERROR,
    )
    assert "the code of pipeline-steps never pings and has no sidecar" in message
    assert "arguments of metadata ping only its own sidecar" in message


def test_a_server_arguments_beside_the_pings_are_called_useless_too():
    """They do no harm, and people would believe in them."""
    arguments = {grpc.KEEPALIVE_TIME: 60_000, grpc.PERMIT_WITHOUT_CALLS: 1, grpc.MAX_PINGS_WITHOUT_DATA: 0}
    pinned = cluster(DETECTING, {"version": "1.26"}, pins={"serverArguments": arguments})
    assert told(pinned, "KFP032", Severity.WARNING) == [
        "the server's pings end at its own sidecar, so they keep nothing alive between it and its callers"
    ]
    assert knobs(pinned).inbound is not None


def test_b_without_a_mesh_the_server_pings():
    """In time for the box and for the target, and between calls."""
    found = cluster(DETECTING)
    arguments = {key: fact.value for key, fact in knobs(found).server_args}
    assert arguments[grpc.KEEPALIVE_TIME] < 300_000
    assert arguments[grpc.KEEPALIVE_TIME] + arguments[grpc.KEEPALIVE_TIMEOUT] <= 120_000
    assert (arguments[grpc.PERMIT_WITHOUT_CALLS], arguments[grpc.MAX_PINGS_WITHOUT_DATA]) == (1, 0)
    assert (knobs(found).inbound, knobs(found).upstream, knobs(found).client_args) == (None, None, ())
    assert faults(found) == []


def test_b_the_server_keeps_its_policy_for_pings_that_it_receives():
    """Its callers never ping, so nothing has to be tolerated."""
    found = cluster(DETECTING)
    assert grpc.MIN_PING_INTERVAL not in dict(knobs(found).server_args)
    assert knobs(found).service.policy.min_interval.value == 300_000


@pytest.mark.parametrize("probes", [None, STOCK_KUBEFLOW])
def test_c_a_box_that_ignores_probes_is_kept_open_by_the_callers_sidecars(probes):
    """Whether or not the mesh sends probes: they do not count."""
    istio = {"version": "1.26"} | ({"tcpKeepalive": probes} if probes else {})
    found = cluster(CALL, istio, injected=True, box="firewall-no-probes")
    assert knobs(found).upstream is not None
    assert knobs(found).upstream.interval.value * 115 // 100 < 300_000
    assert (knobs(found).inbound, knobs(found).server_args) == (None, ())
    assert findings(found) == []


def test_d_a_stock_mesh_keeps_the_box_open_and_nothing_is_added():
    """Probes every ten seconds reach this hop, and the box counts them."""
    found = cluster(CALL, {"version": "1.26", "tcpKeepalive": STOCK_KUBEFLOW}, injected=True)
    assert (knobs(found).inbound, knobs(found).upstream, knobs(found).server_args) == (None, None, ())
    assert faults(found) == []


def test_d_it_is_said_who_keeps_the_box_open():
    """At the silence, with the lines of the box and of the mesh."""
    found = cluster(CALL, {"version": "1.26", "tcpKeepalive": STOCK_KUBEFLOW}, injected=True)
    [note] = [f for f in findings(found) if f.severity is Severity.INFO]
    assert "`firewall` is already kept open" in note.message
    assert note.message.endswith("by meshConfig.tcpKeepalive")
    assert note.place.path == "network.calls[0].silentFor"
    assert [related.place.path for related in note.related] == [
        "network.boxes.firewall",
        "platform.istio.tcpKeepalive",
    ]


def test_d_dead_peers_are_noticed_and_no_box_makes_the_pings_faster():
    """Only the target bounds the interval, which is longer than the box waits."""
    istio = {"version": "1.26", "tcpKeepalive": STOCK_KUBEFLOW}
    found = cluster({**DETECTING, "detectDeadPeerIn": "20m"}, istio, injected=True)
    assert (knobs(found).inbound, knobs(found).server_args) == (None, ())
    bounds = {bound.id for bound in found.derivations["keepalive/metadata/upstream/interval"].bounds}
    assert bounds == {"interval-within-detection"}
    assert knobs(found).upstream.interval.value > 300_000
    assert faults(found) == []

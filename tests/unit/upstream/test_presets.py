"""The presets of boxes: what their makers document, and that every one of them can stand on a call's way."""

import pytest

from backstay.check.registry import CHECKS
from backstay.core.diagnostic import Severity
from backstay.upstream.presets import BOXES
from support.casebook import on_base
from support.modelling import findings, model

SECOND = 1000
DOCUMENTED = {
    "aws-nlb": (350, "reset"), "aws-nlb-tls": (350, "reset"), "aws-gwlb": (350, "drop"),
    "aws-network-firewall": (350, "drop"), "aws-alb": (60, "reset"), "aws-clb": (60, "reset"), "aws-nat": (350, "reset"),
    "aws-vpc-endpoint": (350, "reset"), "aws-conntrack": (432_000, "drop"), "aws-conntrack-nitro6": (350, "drop"),
    "gcp-conntrack": (600, "drop"), "gcp-nat": (1200, "drop"), "azure-lb": (240, "drop"),
    "azure-lb-reset": (240, "reset"), "azure-nat": (240, "reset"), "conntrack": (432_000, "drop"),
    "kube-proxy": (86_400, "drop"), "ipvs": (900, "drop"), "cilium": (8000, "drop"), "firewall": (3600, "drop"),
    "firewall-no-probes": (3600, "drop"), "istio-gateway": (3600, "reset"), "istio-gateway-edge": (3600, "reset"),
}  # fmt: skip
"""Seconds until an idle connection is forgotten, and what its next packet gets."""
ENDS_CONNECTIONS = {"aws-alb", "aws-clb", "istio-gateway", "istio-gateway-edge"}


def call(preset: str, **stated: object):
    """A model with a call through a box of a preset; both ends have sidecars."""
    silence = f"{BOXES[preset].idle // SECOND + 1}s"
    network = {
        "boxes": {"box": {"preset": preset}}, "clients": {"trainers": {"sidecar": True}},
        "calls": [{"from": "trainers", "to": "metadata", "via": ["box"], "stream": "server", "silentFor": silence, **stated}],
    }  # fmt: skip
    return model(on_base({"network": network}))


def errors(cluster) -> set[str]:
    """The rules that find an error."""
    return {found.rule for found in findings(cluster) if found.severity is Severity.ERROR}


def test_every_box_is_documented():
    """A new preset has to be entered with what its maker says."""
    assert {name: (box.idle // SECOND, box.on_expiry) for name, box in BOXES.items()} == DOCUMENTED
    assert CHECKS


@pytest.mark.parametrize("name", sorted(BOXES))
def test_a_default_can_be_set(name):
    """What a preset has by default is within what it can be set to."""
    box = BOXES[name]
    assert (box.low or box.idle) <= box.idle <= (box.high or box.idle)


@pytest.mark.parametrize("name", sorted(set(BOXES) - ENDS_CONNECTIONS))
def test_sidecars_keep_a_box_open_that_passes_packets_on(name):
    """By pings, in time and without a finding."""
    cluster = call(name)
    [hop] = cluster.network.calls[0].crossings
    [box] = hop.boxes
    assert [pinger.knob for pinger in hop.keepers(box, 50)] == ["upstream"]
    assert errors(cluster) == set()


@pytest.mark.parametrize("name", sorted(ENDS_CONNECTIONS))
def test_nobody_pings_through_a_box_that_ends_connections(name):
    """Two connections, and only data counts; a gateway's timer stands still while a stream is open."""
    cluster = call(name)
    assert len(cluster.network.calls[0].crossings) == 2
    assert [pinger for hop in cluster.network.calls[0].crossings for pinger in hop.pingers] == []
    expected = {"istio-gateway": set(), "istio-gateway-edge": {"MSH015"}}
    assert errors(cluster) == expected.get(name, {"MSH026"})


@pytest.mark.parametrize("name", sorted(set(BOXES) - ENDS_CONNECTIONS))
def test_a_database_is_kept_by_probes_where_they_count(name):
    """Its protocol has no pings."""
    silence = BOXES[name].idle // SECOND + 1
    network = {
        "boxes": {"box": {"preset": name}}, "clients": {"trainers": {"sidecar": True}},
        "services": {"db": {"preset": "redis", "host": "db.data.svc.cluster.local", "sidecar": False}},
        "calls": [{"from": "trainers", "to": "db", "via": ["box"], "silentFor": f"{silence}s"}],
        "overrides": {"db": {"tcpKeepalive": {"time": "60s", "interval": "10s", "probes": 3}}},
    }  # fmt: skip
    found = errors(model(on_base({"network": network})))
    assert ("MSH025" in found) == (name == "firewall-no-probes" or silence > 3600)
    assert found <= {"MSH025"}

"""Several services that are ports of one host: Istio keeps one DestinationRule a host and uses one Sidecar a pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backstay.prove.istiod import NoteKind, Proxy
from support.compiler import compile_spec
from support.sidecar import Service, cluster_name, effective, keepalive_of
from support.specs import spec_of

if TYPE_CHECKING:
    from backstay.prove.istiod import Result, Struct

HOST = "models.serving.svc.cluster.local"
PORTS = {name: Service(HOST, port) for name, port in (("reads", 9000), ("writes", 9001), ("admin", 9002))}
SERVER = Proxy("models", "serving", {"app": "models"})
CALLER = Proxy("scorer", "scoring")
DETECT = {"reads": "2m", "writes": "45s"}


def objects(version: str = "1.31", *names: str, **rest: object) -> list[Struct]:
    """The mesh objects for calls to some ports of the host, each with its own time to notice a dead peer."""
    stated = {
        name: {"host": HOST, "port": PORTS[name].port, "portName": "grpc", "protocol": "grpc", "runtime": "core",
               "labels": {"app": "models"}, **rest}
        for name in names
    }  # fmt: skip
    calls = [
        {"from": "scorers", "to": name, "silentFor": "30s", "detectDeadPeerIn": DETECT[name]}
        for name in names
        if name in DETECT
    ]
    network = {
        "clients": {"scorers": {"runtime": "core", "namespaces": ["scoring"]}},
        "services": stated,
        "calls": calls,
    }
    compiled = compile_spec(spec_of({"istio": version}, network=network))
    assert not [each for each in compiled.findings if each.rule.startswith("MSH")]
    return [
        one.value for one in compiled.settled if str(one.value.get("apiVersion")).startswith("networking")
    ]


def of_kind(kind: str, found: list[Struct]) -> list[Struct]:
    """The objects of a kind."""
    return [each for each in found if each["kind"] == kind]


def caller(found: list[Struct]) -> Result:
    """What a caller's sidecar is told."""
    return effective(found, CALLER, own=[], reachable=list(PORTS.values()))


def test_each_port_has_its_own_keepalive():
    """In one rule; a port that nobody asks pings for has none."""
    found = objects("1.31", "reads", "writes", "admin")
    told = caller(found)
    assert len(of_kind("DestinationRule", found)) == 1
    assert keepalive_of(told, cluster_name(PORTS["reads"])) == {"interval": "60s", "timeout": "20s"}
    assert keepalive_of(told, cluster_name(PORTS["writes"])) == {"interval": "20s", "timeout": "15s"}
    assert keepalive_of(told, cluster_name(PORTS["admin"])) is None
    assert not [note for note in told.notes if note.kind is NoteKind.SHADOWED]


def test_one_sidecar_spares_the_server_on_every_port():
    """Two for the same pods would be one too many."""
    found = objects("1.31", "reads", "writes")
    assert len(of_kind("Sidecar", found)) == 1
    told = effective(found, SERVER, own=list(PORTS.values()), reachable=list(PORTS.values()))
    assert [keepalive_of(told, f"inbound|{port.port}||") for port in PORTS.values()] == [None, None, None]
    assert not [note for note in told.notes if note.kind is NoteKind.SHADOWED]


def test_an_only_service_speaks_for_its_host():
    """A rule without ports is what people can read best."""
    (rule,) = of_kind("DestinationRule", objects("1.31", "reads"))
    assert set(rule["spec"]["trafficPolicy"]) == {"connectionPool"}


@pytest.mark.parametrize("names", [("reads", "writes"), ("reads",)])
def test_a_rule_that_the_install_brings_is_patched(names: tuple[str, ...]):
    """By its own name, and only once."""
    (rule,) = of_kind("DestinationRule", objects("1.31", *names, destinationRule="shipped"))
    assert (rule["metadata"]["name"], "host" in rule["spec"]) == ("shipped", False)


def test_before_1_31_each_port_has_a_filter_of_its_own():
    """They match by port, so they do not meet."""
    told = caller(objects("1.30", "reads", "writes"))
    assert keepalive_of(told, cluster_name(PORTS["reads"])) == {"interval": "60s", "timeout": "20s"}
    assert keepalive_of(told, cluster_name(PORTS["writes"])) == {"interval": "20s", "timeout": "15s"}
    assert keepalive_of(told, cluster_name(PORTS["admin"])) is None

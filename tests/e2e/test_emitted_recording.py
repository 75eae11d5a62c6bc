"""The emitted objects over what the real istiod generates for a small mesh."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from backstay.prove.istiod import NoteKind, Proxy, Result, apply
from support.changes import changes
from support.compiler import compile_spec
from support.pods import FAULTS, judged
from support.repository import SHARED, needs_fixtures
from support.sidecar import Service, cluster_name, keepalive_of, named
from support.specs import spec_of

if TYPE_CHECKING:
    from backstay.prove.istiod import Struct
    from e2e.support.envoy import Validate

pytestmark = [pytest.mark.e2e, needs_fixtures]

ORACLE = SHARED / "fixtures" / "istio-oracle"
PINNED = {"interval": "31s", "timeout": "7s"}
API = Service("api.shop.svc.cluster.local", 9000)


def shop(version: str) -> list[Struct]:
    """The objects for a stream between two pods of the recorded mesh, with the numbers of the recordings pinned."""
    call = {"from": "web", "to": "api", "stream": "both", "silentFor": "1h", "detectDeadPeerIn": "2m"}
    network = {
        "clients": {"web": {"runtime": "core", "namespaces": ["shop"], "labels": {"app": "web"}}},
        "services": {
            "api": {"host": API.host, "port": 9000, "portName": "grpc", "protocol": "grpc", "runtime": "core",
                    "labels": {"app": "api"}},
        },
        "calls": [call],
        "overrides": {"api": {"keepaliveInterval": "31s", "keepaliveTimeout": "7s"}},
    }  # fmt: skip
    compiled = compile_spec(spec_of({"istio": version}, network=network))
    return [one.value for one in compiled.settled if one.file.startswith("component/mesh/")]


def recorded(name: str) -> Struct:
    """A recording: the whole mesh (`base`), or what a case changed in it."""
    return json.loads((ORACLE / f"{name}.json").read_text())


def over_the_recording(version: str) -> dict[str, tuple[Struct, Result]]:
    """By proxy, what istiod generated and what the emitted objects make of it."""
    found = {}
    for proxy in recorded("base")["proxies"]:
        namespace, _, name = proxy["proxy"].partition("/")
        if proxy["type"] == "sidecar":
            pod = Proxy(name, namespace, proxy["labels"], istio_version=f"{version}.0")
            found[name] = proxy, apply(shop(version), proxy, pod)
    return found


@pytest.mark.parametrize("version", ["1.30", "1.31"])
def test_over_a_recorded_mesh_the_pings_land_alike_and_envoy_takes_them(version: str, envoy: Validate):
    """By an EnvoyFilter before 1.31 and a DestinationRule from then on: the caller's one cluster, the server's one chain."""
    found = over_the_recording(version)
    for _, result in found.values():
        assert judged(envoy, result) == (True, "")
        # A rule is for a whole host, and this host has ports that speak no HTTP/2: there it does nothing.
        assert not [note for note in result.notes if note.kind in FAULTS - {NoteKind.DROPPED}]
    web, api = found["web"][1], found["api"][1]
    assert keepalive_of(web, cluster_name(API)) == PINNED
    assert keepalive_of(api, "inbound|9000||") is None
    pinging = [
        chain["name"]
        for chain in named(api.config["listeners"], "virtualInbound")["filter_chains"]
        if "connection_keepalive" in json.dumps(chain)
    ]
    assert pinging
    assert {chain.rpartition("_")[2] for chain in pinging} == {"9000"}


def test_the_destination_rule_does_what_the_real_istiod_did_with_one():
    """Every cluster of the caller is what was recorded, but for the name of the rule."""
    before, result = over_the_recording("1.31")["web"]
    changed = recorded("cases/dr-h2ka")["changed"]["shop/web"]["clusters"]
    expected = [changed.get(each["name"], each) for each in before["clusters"]]
    told = changes(expected, result.config["clusters"])
    marks = {path for path in told if path.endswith("/metadata/filter_metadata/istio/config")}
    assert told.keys() == marks
    assert {str(told[mark]).rpartition("/")[2] for mark in marks} == {"calls-to-api"}

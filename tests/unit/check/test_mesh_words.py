"""What mesh rules say and read: why nobody pings and what would help, durations, and what Istio takes a port for."""

import json
import re

import pytest

from backstay.check.rules.msh.envoy import milliseconds
from backstay.text.yaml import parse
from backstay.upstream.istio import PortProtocol, port_protocol
from support.casebook import on_base
from support.modelling import findings, model
from support.repository import NO_FIXTURES, SHARED

GRPC = {"host": "f.prod.svc.cluster.local", "port": 8443, "protocol": "grpc", "runtime": "go"}
MYSQL = {"preset": "mysql", "host": "db.internal"}
BOXES = {
    "fw": {"idle": "300s"}, "probes": {"idle": "300s", "refreshedBy": ["tcp-probe", "data"]}, "hasty": {"idle": "1s"},
    "odd": {"idle": "301s"}, "short": {"idle": "2s"}, "bytes": {"preset": "firewall-no-probes", "idle": "300s"},
    "a": {"preset": "aws-alb", "idle": "4000s"}, "b": {"preset": "aws-alb", "idle": "4000s"},
}  # fmt: skip
NONE, SIDECARS = {"istio": None}, {}
STEPS, TOOLS = {"from": "pipeline-steps"}, {"from": "tools"}
DENIED = {"grpc.keepalive_permit_without_calls": 0}
ASKED = {"grpc.keepalive_time_ms": 60000}

NO_CODE = "the code of pipeline-steps never pings and has no sidecar"
HELD_BACK = "pings only while a call is open (grpc.keepalive_permit_without_calls)"
HEARTBEAT = "have the application send data sooner and state `heartbeat: 2m30s`"
SIDECAR = "give pipeline-steps a sidecar and state `network.clients.pipeline-steps.sidecar: true`"
PERMIT = "let f tolerate pings without calls and state `network.services.f.permitPingsWithoutCalls: true`"
PROBES = "`network.overrides.f.tcpKeepalive: {time: 2m30s, interval: 10s, probes: 3}`"


def server_pings(name):
    """The help that lets a server ping."""
    arguments = "{grpc.keepalive_time_ms: 150000, grpc.keepalive_permit_without_calls: 1}"
    return f"have {name} ping and state `network.overrides.{name}.serverArguments: {arguments}`"


WORDS = {
    "nobody can": (NONE, GRPC, STEPS, {}, f"{NO_CODE}, f does not ping", [server_pings("f"), HEARTBEAT]),
    "a sidecar could": (
        SIDECARS, {**GRPC, "sidecar": False}, STEPS, {}, f"{NO_CODE}, f does not ping", [SIDECAR, server_pings("f"), HEARTBEAT],
    ),
    "a sidecar could, of callers that take arguments": (
        SIDECARS, {**GRPC, "sidecar": False}, TOOLS, {}, f"tools {HELD_BACK}, f does not ping",
        [PERMIT, SIDECAR.replace("pipeline-steps", "tools"), server_pings("f"), HEARTBEAT],
    ),
    "callers that nobody asks to ping": (
        NONE, "metadata", {}, {"serverArguments": DENIED}, f"trainers does not ping and has no sidecar, metadata {HELD_BACK}",
        [server_pings("metadata"), HEARTBEAT],
    ),
    "only probes count": (
        SIDECARS, {**GRPC, "sidecar": False}, {**STEPS, "via": ["probes"]}, {}, f"{NO_CODE}, f does not ping",
        [f"give pipeline-steps a sidecar and write {PROBES}", HEARTBEAT],
    ),
    "half a second is left over": (
        SIDECARS, MYSQL, {"via": ["odd"]}, {}, "mysql has no PINGs, and the sidecar of trainers sends no TCP keepalive probes that the box counts",
        [f"write {PROBES}", HEARTBEAT],
    ),
    "a second is the least": (
        SIDECARS, MYSQL, {"via": ["short"]}, {}, "mysql has no PINGs, and the sidecar of trainers sends no TCP keepalive probes that the box counts",
        [f"write {PROBES.replace('2m30s', '1s')}", HEARTBEAT.replace("2m30s", "1s")],
    ),
    "HTTP/2 has no server arguments": (NONE, {**GRPC, "protocol": "http2"}, STEPS, {}, f"{NO_CODE}, f does not ping", [HEARTBEAT]),
    "callers are held back": (
        NONE, GRPC, {}, {}, f"trainers {HELD_BACK}, f does not ping", [PERMIT, server_pings("f"), HEARTBEAT],
    ),
    "the server is held back": (
        NONE, "metadata", STEPS, {"serverArguments": DENIED}, f"{NO_CODE}, metadata {HELD_BACK}", [server_pings("metadata"), HEARTBEAT],
    ),
    "before a balancer": (
        SIDECARS, GRPC, {**STEPS, "via": ["fw", "a"]}, {}, f"{NO_CODE}, box a does not ping", [SIDECAR, HEARTBEAT],
    ),
    "held back before a balancer": (
        NONE, GRPC, {"via": ["fw", "a"]}, {}, f"trainers {HELD_BACK}, box a does not ping", [PERMIT, HEARTBEAT],
    ),
    "behind a balancer": (
        NONE, "metadata", {"via": ["a", "fw"]}, {"serverArguments": DENIED}, f"box a does not ping, metadata {HELD_BACK}",
        [server_pings("metadata"), HEARTBEAT],
    ),
    "between balancers": (
        SIDECARS, GRPC, {"via": ["a", "fw", "b"]}, {"serverArguments": ASKED, "clientArguments": ASKED},
        "box a does not ping, box b does not ping", [HEARTBEAT],
    ),
    "a database, without a sidecar": (
        SIDECARS, MYSQL, {**STEPS}, {}, "mysql has no PINGs, and pipeline-steps has no sidecar to send TCP keepalive probes",
        [f"give pipeline-steps a sidecar and write {PROBES}", HEARTBEAT],
    ),
    "a database, without a mesh": (
        NONE, MYSQL, {}, {}, "mysql has no PINGs, and trainers has no sidecar to send TCP keepalive probes", [HEARTBEAT],
    ),
    "a database, with a sidecar": (
        SIDECARS, MYSQL, {}, {}, "mysql has no PINGs, and the sidecar of trainers sends no TCP keepalive probes that the box counts",
        [f"write {PROBES}", HEARTBEAT],
    ),
    "a database behind a balancer": (
        SIDECARS, MYSQL, {"via": ["a", "fw"]}, {}, "mysql has no PINGs, and box a sends no TCP keepalive probes that the box counts",
        [HEARTBEAT],
    ),
    "a database behind a box that counts no probes": (
        SIDECARS, MYSQL, {"via": ["bytes"]}, {}, "mysql has no PINGs, and the sidecar of trainers sends no TCP keepalive probes that the box counts",
        [HEARTBEAT],
    ),
    "a database behind a box that forgets within a second": (
        SIDECARS, MYSQL, {"via": ["hasty"]}, {}, "mysql has no PINGs, and the sidecar of trainers sends no TCP keepalive probes that the box counts",
        ["have the application send data sooner and state `heartbeat: 500ms`"],
    ),
    "pings that the box does not count": (
        SIDECARS, GRPC, {"via": ["probes"], "detectDeadPeerIn": "2m"}, {},
        "the sidecar of trainers does not ping, the sidecar of f does not ping", [f"write {PROBES}", HEARTBEAT],
    ),
    "arguments that nobody else sees": (
        SIDECARS, GRPC, {"via": ["probes"]}, {"serverArguments": ASKED, "clientArguments": ASKED},
        ("arguments of trainers ping only its own sidecar, the sidecar of trainers does not ping, "
         "arguments of f ping only its own sidecar, the sidecar of f does not ping"),
        [f"write {PROBES}", HEARTBEAT],
    ),
}  # fmt: skip


def told(platform, service, call, pins):
    """The errors of MSH002 in a spec."""
    name, services = ("f", {"f": service}) if isinstance(service, dict) else (service, {})
    asked = {"from": "trainers", "to": name, "via": ["fw"], "silentFor": "1h", **call}
    clients = {"tools": {"sidecar": False}}
    network = {
        "clients": clients,
        "boxes": BOXES,
        "services": services,
        "calls": [asked],
        "overrides": {name: pins},
    }
    found = findings(model(on_base({"platform": platform, "network": network})))
    return [f for f in found if f.rule == "MSH002" and f.severity == "error"]


@pytest.mark.parametrize(("platform", "service", "call", "pins", "why", "what"), WORDS.values(), ids=WORDS)
def test_why_nobody_pings_and_what_would_help(platform, service, call, pins, why, what):
    """End by end, and every way out that there is in that mesh."""
    [found] = told(platform, service, call, pins)
    assert found.message.partition("; nobody pings there: ")[2] == why
    assert found.help == ", or ".join(what)


@pytest.mark.parametrize(
    ("row", "helped"),
    [
        ("nobody can", {"pins": {"serverArguments": {"grpc.keepalive_time_ms": 150000, "grpc.keepalive_permit_without_calls": 1}}}),
        ("callers are held back", {"service": {**GRPC, "permitPingsWithoutCalls": True, "minPingInterval": "1m"}}),
        ("a database, with a sidecar", {"pins": {"tcpKeepalive": {"time": "2m30s", "interval": "10s", "probes": 3}}}),
        ("between balancers", {"call": {"via": ["a", "fw", "b"], "heartbeat": "2m30s"}}),
    ],
)  # fmt: skip
def test_what_the_help_says_helps(row, helped):
    """Doing it leaves nothing to report."""
    platform, service, call, pins, *_ = WORDS[row]
    known = {"platform": platform, "service": service, "call": call, "pins": pins}
    assert told(**known)
    assert told(**{**known, **helped}) == []


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("0s", 0), ("60s", 60_000), ("0.5s", 500), ("1h30m", 5_400_000), ("250ms", 250), ("1m0.25s", 60_250),
        ("500us", 0.5), ("500µs", 0.5), ("500ns", 0.0005), ("", None), ("60", None), ("s", None), ("-1s", None), ("1 s", None),
        (60, None), (None, None), ("1d", None), ("1s1", None),
    ],
)  # fmt: skip
def test_durations_as_istio_and_envoy_write_them(text, ms):
    """Go's spelling and protobuf's; whatever is neither is not judged."""
    assert milliseconds(text) == pytest.approx(ms)


@pytest.mark.parametrize(
    ("number", "name", "app_protocol", "taken"),
    [
        (80, "http", None, PortProtocol.HTTP1), (80, "HTTP2-x", None, PortProtocol.HTTP2), (80, "grpc-web-x", None, PortProtocol.HTTP2),
        (80, "grpcx", None, PortProtocol.DETECTED), (80, "", None, PortProtocol.DETECTED), (3306, "", None, PortProtocol.OPAQUE),
        (3306, "http", None, PortProtocol.HTTP1), (443, "https", None, PortProtocol.OPAQUE), (80, "tcp", "grpc", PortProtocol.HTTP2),
        (80, "grpc", "tcp", PortProtocol.OPAQUE), (80, "http", "kubernetes.io/h2c", PortProtocol.HTTP2),
        (80, "grpc", "kubernetes.io/ws", PortProtocol.HTTP1), (80, "grpc", "example.com/x", PortProtocol.DETECTED),
    ],
)  # fmt: skip
def test_what_istio_takes_a_port_for(number, name, app_protocol, taken):
    """`appProtocol` first, then the name up to its first dash, then the number."""
    assert port_protocol(number, name, app_protocol) is taken


def test_the_real_istiod_puts_keepalive_on_the_same_ports():
    """Of the ports of all kinds that it was given, exactly those that are HTTP/2 here."""
    oracle = SHARED / "fixtures" / "istio-oracle"
    if not oracle.is_dir():
        pytest.skip(NO_FIXTURES)
    objects = [
        parse(text) for text in re.split(r"^---$", (oracle / "base.yaml").read_text(), flags=re.MULTILINE)
    ]
    [service] = [o for o in objects if o["kind"] == "Service" and o["metadata"]["name"] == "api"]
    clusters = json.loads((oracle / "cases" / "dr-h2ka.json").read_text())["changed"]["shop/web"]["clusters"]
    pinged = {
        name.split("|")[1]
        for name, cluster in clusters.items()
        if "connection_keepalive" in json.dumps(cluster)
    }
    expected = {
        str(port["port"]) for port in service["spec"]["ports"]
        if port_protocol(port["port"], port["name"], port.get("appProtocol")) is PortProtocol.HTTP2
    }  # fmt: skip
    assert pinged == expected
    assert len(pinged) >= 4

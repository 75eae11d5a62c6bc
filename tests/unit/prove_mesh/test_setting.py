"""What both sidecars and both applications of a call are told, from the objects that are emitted for it."""

from __future__ import annotations

import json
from functools import cache

import pytest

from backstay.core.fact import Fact
from backstay.core.manifest import Role
from backstay.core.place import at
from backstay.model.parts import DataPlane, Mesh
from backstay.prove.mesh.base import Port, gateway_config, port_of, sidecar_config
from backstay.prove.mesh.loopback import bootstrap
from backstay.prove.mesh.objects import Emitted, read_arguments
from backstay.prove.mesh.routes import apply_virtual_services
from backstay.prove.mesh.setting import Setting
from backstay.resolve.gateways import gateways
from backstay.spec.network import Network
from backstay.upstream.istio import HCM, HTTP_PROTOCOL_OPTIONS, PortProtocol
from support.proving import CALL, setting_of, told
from support.repository import SHARED, needs_fixtures

PINGS = {"interval": "60s", "timeout": "20s"}


def keepalive(cluster: dict) -> dict | None:
    """The HTTP/2 keepalive of a cluster."""
    options = cluster["typed_extension_protocol_options"][HTTP_PROTOCOL_OPTIONS]
    return options["explicit_http_config"]["http2_protocol_options"].get("connection_keepalive")


def manager(listener: dict) -> dict:
    """The connection manager of a listener's only chain."""
    [chain] = listener["filter_chains"]
    return next(one["typed_config"] for one in chain["filters"] if one["name"] == HCM)


@pytest.mark.parametrize("version", ["1.30", "1.31"])
def test_the_callers_sidecar_pings_and_the_servers_leaves_its_app_alone(version):
    """By an EnvoyFilter or by a DestinationRule that patches the install's own, which alone states the host."""
    setting = setting_of(istio={"version": version}, client=True, server=True)
    assert keepalive(told(setting, "trainers")["clusters"][0]) == PINGS
    assert keepalive(told(setting, "metadata")["clusters"][0]) is None
    assert setting.notes == []


def test_the_servers_sidecar_pings_callers_that_have_none():
    """And there is no sidecar to configure on their side."""
    setting = setting_of(istio={"version": "1.30"}, server=True)
    assert [pod.words for pod in setting.pods] == ["the sidecar of metadata"]
    found = manager(told(setting, "metadata")["listeners"][0])
    assert found["http2_protocol_options"]["connection_keepalive"] == PINGS


def test_without_a_mesh_the_server_is_told_in_its_command_line():
    """The emitted arguments, over what C-core does unasked."""
    arguments = setting_of(istio=None).server_arguments
    assert arguments["grpc.keepalive_time_ms"] == 90_000
    assert arguments["grpc.http2.ping_timeout_ms"] == arguments["grpc.keepalive_timeout_ms"] == 20_000
    assert arguments["grpc.http2.min_ping_interval_without_data_ms"] == 300_000


def test_a_server_that_is_not_ours_has_the_policy_that_the_spec_states():
    """And its callers the arguments of their ConfigMap."""
    features = {
        "host": "f.prod.svc.cluster.local", "port": 8443, "protocol": "grpc", "runtime": "core",
        "minPingInterval": "20s", "permitPingsWithoutCalls": True, "maxConnectionAge": "2h",
    }  # fmt: skip
    setting = setting_of(istio=None, services={"features": features}, calls=[{**CALL, "to": "features"}])
    assert setting.server_arguments["grpc.http2.min_ping_interval_without_data_ms"] == 20_000
    assert setting.server_arguments["grpc.keepalive_permit_without_calls"] == 1
    assert setting.server_arguments["grpc.max_connection_age_ms"] == 7_200_000
    assert setting.client_arguments["grpc.http2.max_pings_without_data"] == 0


@pytest.mark.parametrize("runtime", ["core", "go", "java", "other"])
def test_a_server_is_played_with_what_its_config_map_says(runtime):
    """Whatever its runtime calls it; a pinned argument stands over what the spec says."""
    features = {
        "host": "f.prod.svc.cluster.local", "port": 8443, "protocol": "grpc", "runtime": runtime,
        "minPingInterval": "20s", "permitPingsWithoutCalls": False, "maxConnectionAge": "2h", "maxMessage": "8Mi",
    }  # fmt: skip
    pins = {"features": {"serverArguments": {"grpc.max_connection_age_ms": 60_000}}}
    setting = setting_of(
        istio=None, services={"features": features}, calls=[{**CALL, "to": "features"}], overrides=pins
    )
    assert setting.emitted.server_arguments(setting.call.service) == {
        "grpc.http2.min_ping_interval_without_data_ms": 20_000,
        "grpc.keepalive_permit_without_calls": 0,
        "grpc.max_connection_age_ms": 60_000,
        "grpc.max_receive_message_length": 8 << 20,
        **({"grpc.max_send_message_length": 8 << 20} if runtime != "java" else {}),
    }
    assert setting.server_arguments["grpc.max_connection_age_ms"] == 60_000


def test_a_caller_whose_code_never_pings_is_given_no_arguments():
    """Whatever the ConfigMap says."""
    setting = setting_of(istio=None, clients={}, calls=[{**CALL, "from": "pipeline-steps"}])
    assert "grpc.keepalive_time_ms" not in setting.client_arguments


def test_nothing_emitted_leaves_what_the_release_ships():
    """The metadata store of a release has channel arguments of its own."""
    setting = setting_of(istio=None)
    bare = Setting(Emitted(setting.emitted.cluster, ()), setting.call)
    shipped = dict(setting.emitted.cluster.pipelines.metadata_channel.value)
    assert shipped.items() <= bare.server_arguments.items()


def test_notes_tell_what_istiod_leaves_out():
    """An EnvoyFilter whose match fits nothing does nothing, silently."""
    setting = setting_of(istio={"version": "1.30"}, server=True)
    [kept] = [one for one in setting.emitted.settled if one.value.get("kind") == "EnvoyFilter"]
    kept.value["spec"]["configPatches"][0]["match"]["listener"]["portNumber"] = 1
    assert kept.role is Role.OBJECT
    [note] = Setting(setting.emitted, setting.call).notes
    assert note.startswith("unmatched: EnvoyFilter")


def test_arguments_are_read_as_the_metadata_store_reads_them():
    """Split at commas and equals signs; numbers are numbers to C-core."""
    assert read_arguments("a=1,b=x,c=-1,,d") == {"a": 1, "b": "x", "c": -1}


def routed(http: dict, host: str = "f.prod.svc.cluster.local") -> dict:
    """What a VirtualService makes of the route to a service."""
    config = sidecar_config([], [Port("f.prod.svc.cluster.local", 80, 80, PortProtocol.HTTP2)])
    metadata, spec = {"name": "r", "namespace": "prod"}, {"hosts": [host], "http": [http]}
    apply_virtual_services([{"kind": "VirtualService", "metadata": metadata, "spec": spec}], config)
    return config["routes"][0]["virtual_hosts"][0]["routes"][0]["route"]


def test_a_route_says_how_long_and_how_often():
    """In Envoy's words; a status among the words is a status."""
    retries = {"attempts": 4, "retryOn": "reset,503", "perTryTimeout": "2s", "backoff": "0.050s"}
    found = routed({"timeout": "9s", "retries": retries}, host="f")
    assert (found["timeout"], found["max_grpc_timeout"]) == ("9s", "9s")
    assert found["retry_policy"] == {
        "num_retries": 4, "retry_on": "reset,retriable-status-codes", "retriable_status_codes": [503],
        "per_try_timeout": "2s", "retry_back_off": {"base_interval": "0.050s"},
    }  # fmt: skip


def test_no_attempts_take_the_retries_away():
    """Which sidecars would otherwise make unasked."""
    assert "retry_policy" not in routed({"retries": {"attempts": 0}})


@pytest.mark.parametrize("http", [{"match": [{"uri": {}}], "retries": {"attempts": 0}}, {}])
def test_a_route_for_some_requests_or_without_a_word_on_it_changes_nothing(http):
    """Two retries are what Istio does unasked."""
    assert routed(http)["retry_policy"]["num_retries"] == 2


def test_other_hosts_are_other_routes():
    """A short name is one of the VirtualService's own namespace."""
    assert routed({"retries": {"attempts": 0}}, host="g")["retry_policy"]["num_retries"] == 2


def test_on_the_loopback_nothing_else_is_reached():
    """One address to listen on and one to call, whatever the configuration was for."""
    setting = setting_of(istio={"version": "1.30"}, client=True, server=True)
    for resources in (pod.resources for pod in setting.pods):
        text = json.dumps(bootstrap(resources, 1111, 2222, 10))
        addresses = [
            one["address"]["socket_address"] for one in json.loads(text)["static_resources"]["listeners"]
        ]
        assert addresses == [{"address": "127.0.0.1", "port_value": 1111}]
        assert '"port_value": 2222' in text
        assert "ads" not in text
        assert '0.0.0.0"' not in text


@cache
def recorded(proxy: str) -> dict:
    """What the real istiod tells a proxy of a small mesh."""
    base = json.loads((SHARED / "fixtures/istio-oracle/base.json").read_text())
    return next(each for each in base["proxies"] if each["proxy"] == proxy)


HOST = "api.shop.svc.cluster.local"
GRPC = Port(HOST, 7001, 7001, PortProtocol.HTTP2)
GATEWAY = gateways(
    Network.model_validate({"gateways": {"edge": {"labels": {"istio": "ingressgateway"}}}}),
    Mesh(Fact("1.31", ()), DataPlane.SIDECAR, Fact("istio-system", ()), None, at()),
    [],
)["edge"]


@needs_fixtures
@pytest.mark.parametrize("kind", ["clusters", "routes"])
def test_what_the_base_says_istiod_says_too(kind):
    """Field by field; istiod says more, of what has no bearing here. Durations that it does not set are not set."""
    theirs = {each["name"]: each for each in recorded("shop/api")[kind]}
    for mine in sidecar_config([GRPC], [GRPC])[kind]:
        assert differences(mine, theirs[mine["name"]], mine["name"]) == []
        assert waits(mine) == waits(theirs[mine["name"]])


@needs_fixtures
@pytest.mark.parametrize(
    ("proxy", "listener"), [("shop/api", "virtualInbound"), ("shop/web", "0.0.0.0_7001")]
)
def test_connection_managers_have_istiods_timers(proxy, listener):
    """And no others."""
    [mine] = [one for one in sidecar_config([GRPC], [GRPC])["listeners"] if one["name"] == listener]
    [theirs] = [one for one in recorded(proxy)["listeners"] if one["name"] == listener]
    assert manager(mine)["stream_idle_timeout"] == "0s"
    expected = [waits(one) for one in managers(theirs)]
    assert expected
    own = {key: value for key, value in waits(manager(mine)).items() if "route" not in key}
    assert all({key: value for key, value in each.items() if "route" not in key} == own for each in expected)


@needs_fixtures
def test_a_gateways_base_is_istiods():
    """Its listener's timers, where its requests go and how often they are tried, and the cluster that they go to."""
    theirs = recorded("istio-system/ingressgateway")
    name = "outbound|7001||api.shop.svc.cluster.local"
    mine = gateway_config(GATEWAY, GRPC)
    [listener], [cluster], [route] = mine["listeners"], mine["clusters"], mine["routes"]
    [expected] = theirs["listeners"]
    assert (listener["name"], listener["address"]) == (expected["name"], expected["address"])
    assert waits(manager(listener)) == waits(manager(expected))
    assert manager(listener)["rds"]["route_config_name"] == theirs["routes"][0]["name"] == route["name"]
    assert differences(cluster, next(one for one in theirs["clusters"] if one["name"] == name), name) == []
    action, told_by_istiod = (
        table["virtual_hosts"][0]["routes"][0]["route"] for table in (route, theirs["routes"][0])
    )
    assert differences({**action, "cluster": ""}, {**told_by_istiod, "cluster": ""}, "route") == []


def managers(value: object) -> list[dict]:
    """Every connection manager in a listener."""
    if isinstance(value, list):
        return [found for item in value for found in managers(item)]
    if not isinstance(value, dict):
        return []
    own = [value["typed_config"]] if value.get("name") == HCM else []
    return own + [found for item in value.values() for found in managers(item)]


def differences(mine: object, theirs: object, at: str) -> list[str]:
    """Where a value says something that another does not; hosts and routes are matched by name."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return [one for key in mine for one in differences(mine[key], theirs.get(key), f"{at}.{key}")]
    if isinstance(mine, list) and isinstance(theirs, list) and all(isinstance(one, dict) for one in mine):
        named = {each.get("name"): each for each in theirs}
        return [one for each in mine for one in differences(each, named.get(each.get("name")), f"{at}[]")]
    if isinstance(mine, list) and isinstance(theirs, list):
        return [] if set(mine) <= set(theirs) else [f"{at}: {mine} is not among {theirs}"]
    return [] if mine == theirs else [f"{at}: {mine} is not {theirs}"]


def waits(value: object, at: str = "") -> dict[str, object]:
    """Every duration in a resource by where it is, but for other hosts' and for what only static clusters need."""
    if isinstance(value, list):
        kept = [one for one in value if not (isinstance(one, dict) and one.get("name") == "allow_any")]
        return {key: each for item in kept for key, each in waits(item, f"{at}[]").items()}
    if isinstance(value, dict):
        skipped = {"cleanup_interval", "initial_fetch_timeout"}
        return {
            key: each
            for name, item in value.items()
            if name not in skipped
            for key, each in waits(item, f"{at}.{name}").items()
        }
    is_wait = isinstance(value, str) and value.endswith("s") and value[:-1].replace(".", "").isdigit()
    return {at: value} if is_wait else {}


def test_a_port_without_a_name_is_taken_to_be_named_after_its_protocol():
    """MSH008 says so where a name is stated and says otherwise."""
    setting = setting_of(istio={"version": "1.30"}, server=True)
    assert port_of(setting.call.service).taken_for is PortProtocol.HTTP2

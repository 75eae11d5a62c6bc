"""An hour's silence behind a box of 300 s, in four shapes (KFP 2.5): who pings, in the words of Envoy's configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backstay.prove.istiod import Mesh, Proxy
from support.compiler import compile_spec
from support.pods import METADATA, Pod, inbound, judged, upstream
from support.sidecar import cluster_name, keepalive_of, probes_of
from support.specs import metadata_network, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backstay.prove.istiod import Struct
    from e2e.support.envoy import Validate

pytestmark = pytest.mark.e2e

SERVER = {"component": "metadata-grpc-server"}
PROBES = {"time": "10s", "interval": "5s", "probes": 3}


def objects_of(istio: Struct | None, network: Struct) -> list[Struct]:
    """The objects for the mesh that a spec becomes."""
    platform = {"pipelines": "2.5", **({"istio": istio} if istio else {})}
    compiled = compile_spec(spec_of(platform, network=network))
    assert not compiled.stops, compiled.findings
    return [
        one.value
        for one in compiled.settled
        if str(one.value.get("apiVersion")).startswith("networking.istio.io")
    ]


def server(objects: Iterable[Struct], version: str = "1.30", mesh: Mesh | None = None) -> Pod:
    """The metadata store's pod."""
    proxy = Proxy("metadata-grpc", "kubeflow", SERVER, istio_version=f"{version}.0")
    return Pod(objects, proxy, [METADATA], [METADATA], mesh)


def step(objects: Iterable[Struct], version: str = "1.30", mesh: Mesh | None = None) -> Pod:
    """A step's pod, had it a sidecar."""
    return Pod(objects, Proxy("step", "kubeflow", istio_version=f"{version}.0"), [], [METADATA], mesh)


INJECTED = {"clients": {"pipeline-steps": {"preset": "pipeline-steps", "sidecar": True}}}


def test_shape_a_the_servers_sidecar_pings_steps_that_have_none(envoy: Validate):
    """Every 60 s, of which with jitter 69 s come, towards whoever called; no cluster pings anything."""
    pod = server(objects_of({"version": "1.30"}, metadata_network()))
    assert pod.told == inbound(8080, "60s", "20s")
    assert pod.faults == []
    assert judged(envoy, pod.after) == (True, "")


def test_shape_a_leaves_every_other_pod_alone():
    """Also in the same namespace."""
    objects = objects_of({"version": "1.30"}, metadata_network())
    other = Pod(objects, Proxy("ml-pipeline", "kubeflow", {"app": "ml-pipeline"}), [METADATA], [METADATA])
    assert other.told == {}


def test_shape_b_without_a_mesh_there_is_nothing_for_envoy():
    """The server's own arguments do it."""
    assert objects_of(None, metadata_network()) == []


def test_shape_c_the_steps_sidecars_ping_the_server(envoy: Validate):
    """Before 1.31 by an EnvoyFilter with whole protocol options: the cluster still speaks HTTP/2."""
    objects = objects_of({"version": "1.30"}, metadata_network("firewall-no-probes", **INJECTED))
    pod = step(objects)
    assert pod.told == upstream(METADATA, "60s", "20s")
    assert pod.faults == []
    assert judged(envoy, pod.after) == (True, "")
    serving = server(objects)
    assert not [path for path in serving.told if not path.startswith("clusters/outbound|8080||metadata-grpc")]
    assert keepalive_of(serving.after, "inbound|8080||") is None


def test_shape_c_from_1_31_on_a_destination_rule_says_it_and_a_sidecar_spares_the_app(envoy: Validate):
    """Without the Sidecar, the server's own sidecar would ping the server, which answers with GOAWAY."""
    objects = objects_of({"version": "1.31"}, metadata_network("firewall-no-probes", **INJECTED))
    assert sorted(each["kind"] for each in objects) == ["DestinationRule", "Sidecar"]
    pod, serving = step(objects, "1.31"), server(objects, "1.31")
    assert pod.told == upstream(METADATA, "60s", "20s")
    assert (pod.faults, serving.faults) == ([], [])
    assert keepalive_of(serving.after, "inbound|8080||") is None
    alone = server([each for each in objects if each["kind"] != "Sidecar"], "1.31")
    assert keepalive_of(alone.after, "inbound|8080||") == {"interval": "60s", "timeout": "20s"}
    assert judged(envoy, pod.after) == judged(envoy, serving.after) == (True, "")


def test_shape_d_a_stock_mesh_keeps_the_box_open_and_pings_only_notice_dead_peers(envoy: Validate):
    """Its TCP probes are on the cluster before and after; without a time to notice dead peers, nothing is emitted."""
    istio, mesh = {"version": "1.30", "tcpKeepalive": PROBES}, Mesh(PROBES)
    pod = step(objects_of(istio, metadata_network(**INJECTED)), mesh=mesh)
    assert pod.told == upstream(METADATA, "60s", "20s")
    for result in (pod.before, pod.after):
        assert probes_of(result, cluster_name(METADATA)) == {
            "keepalive_time": 10, "keepalive_interval": 5, "keepalive_probes": 3,
        }  # fmt: skip
    assert judged(envoy, pod.after) == (True, "")
    silent = metadata_network(**INJECTED)
    silent["calls"] = [{key: value for key, value in silent["calls"][0].items() if key != "detectDeadPeerIn"}]
    assert objects_of(istio, silent) == []

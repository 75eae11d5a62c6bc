"""A pinned stream idle timeout stands in the output: on the server's sidecar, or where it has none on the callers' routes."""

from __future__ import annotations

import pytest

from backstay.prove.istiod import Proxy
from backstay.text.yaml import parse
from support.casebook import on_base
from support.changes import changes
from support.compiler import compile_spec
from support.sidecar import Service, effective

HOST = "models.serving.svc.cluster.local"
MODELS = Service(HOST, 9000)
SERVER, CALLER = (
    Proxy("models", "serving", {"app": "models"}),
    Proxy("scorers", "scoring", {"app": "scorers"}),
)


def _objects(pin="0s", istio="1.30", **service):
    stated = {"host": HOST, "port": 9000, "portName": "grpc", "protocol": "grpc", "runtime": "core",
              "labels": {"app": "models"}, **service}  # fmt: skip
    network = {
        "clients": {"scorers": {"namespaces": ["scoring"], "labels": {"app": "scorers"}}},
        "services": {"models": stated},
        "calls": [{"from": "scorers", "to": "models", "stream": "both", "idempotent": True}],
        "overrides": {"models": {"streamIdleTimeout": pin}},
    }
    compiled = compile_spec(on_base({"platform": {"istio": istio}, "network": network}))
    assert not compiled.stops, compiled.findings
    assert not [f for f in compiled.findings if f.rule.startswith("MSH03")]
    return [one.value for one in compiled.settled if one.ref.namespace in {"serving", "scoring"}]


def _told(objects, proxy, own=(MODELS,)):
    before, after = (effective(each, proxy, own, [MODELS]).config for each in ([], objects))
    found = changes(before, after)
    return {
        path.rsplit("/", 2)[-2:][0] + "/" + path.rsplit("/", 1)[-1]: value for path, value in found.items()
    }


@pytest.mark.parametrize(("pin", "told"), [("90s", {"typed_config/stream_idle_timeout": "90s"}), ("0s", {})])
def test_the_servers_sidecar_is_told(pin, told):
    """On its connection manager for that port; the callers' sidecars are left alone. Stock ones have 0s."""
    objects = _objects(pin)
    assert [each["kind"] for each in objects] == ["EnvoyFilter"]
    assert _told(objects, SERVER) == told
    assert _told(objects, CALLER, ()) == {}


def test_where_the_server_has_no_sidecar_the_callers_are_told():
    """A route's own idle timeout stands in for the connection manager's."""
    (one,) = _objects("90s", sidecar=False)
    assert one["metadata"]["namespace"] == "scoring"
    assert _told([one], CALLER, ()) == {"route/idle_timeout": "90s"}
    assert _told([one], Proxy("other", "scoring", {"app": "other"}), ()) == {}


def test_a_later_istio_has_a_setting_for_it():
    """One annotation with all that the workload's sidecar is told, and no filter."""
    (one,) = _objects(istio="1.31", workload={"name": "models"}, longestRequest="10s")
    annotations = one["spec"]["template"]["metadata"]["annotations"]
    assert parse(annotations["proxy.istio.io/config"]) == {
        "connectionSettings": {"httpStreamIdleTimeout": "0s"}
    }
    assert one["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 30


@pytest.mark.parametrize(("pin", "service"), [("90s", {"workload": {"name": "models"}}), ("0s", {})])
def test_but_not_for_a_timer_that_would_hit_the_pods_own_calls_nor_for_unknown_pods(pin, service):
    """A setting of the pod goes for both its sides; the filter names the port."""
    kinds = {each["kind"] for each in _objects(pin, istio="1.31", **service)}
    assert "EnvoyFilter" in kinds
    assert "Deployment" not in kinds


def test_a_pin_on_a_service_that_no_proxy_reads_as_http_is_not_written():
    """There is no stream to be idle."""
    assert _objects(protocol="tcp", portName="tcp") == []

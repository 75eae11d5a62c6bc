"""The end of pods: the app goes on until callers know, the sidecar until the last request, the pod a little longer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstay.model.shutdown import SidecarKind
from backstay.text.yaml import parse
from support.casebook import on_base
from support.compiler import compile_spec
from support.modelling import model

CLASSIC, NATIVE = (
    {"kubernetes": "1.36", "istio": {"version": "1.26"}},
    {
        "kubernetes": "1.36",
        "istio": {"version": "1.30"},
    },
)
ORDERS = {
    "host": "orders.prod.svc.cluster.local",
    "port": 9000,
    "protocol": "grpc",
    "runtime": "go",
    "workload": {"name": "orders", "container": "main"},
}


def _spec(platform, drain=None, service=(), call=()):
    network = {
        "services": {"orders": {**ORDERS, **dict(service)}},
        "calls": [{"from": "shop", "to": "orders", "idempotent": True, **dict(call)}],
    }
    ending = {"termination": {"drain": drain}} if drain else {}
    return on_base({"platform": platform, "network": network, **ending})


def _template(platform, drain=None, service=(), call=()):
    compiled = compile_spec(_spec(platform, drain, service, call))
    wrong = [
        (f.rule, f.message) for f in compiled.findings if f.rule in {"MSH028", "MSH029", "MSH030", "SCH002"}
    ]
    assert not compiled.stops, compiled.findings
    assert not wrong
    found = [one.value for one in compiled.settled if one.ref.name == "orders"]
    return found[0]["spec"]["template"] if found else None


def test_a_classic_sidecar_outlives_the_pre_stop_hook_and_the_longest_request():
    """5 s until callers know, 90 s of request, 5 s of margin; the pod has 5 s more."""
    template = _template(CLASSIC, {"longestRequest": "90s"})
    (annotation,) = template["metadata"]["annotations"].items()
    assert annotation[0] == "proxy.istio.io/config"
    assert parse(annotation[1]) == {"terminationDrainDuration": "100s"}
    assert template["spec"]["terminationGracePeriodSeconds"] == 105
    assert template["spec"]["containers"] == [
        {"name": "main", "lifecycle": {"preStop": {"$patch": "replace", "sleep": {"seconds": 5}}}}
    ]


def test_a_native_sidecar_needs_nothing_but_the_pods_time():
    """It goes after the app; the settings of classic ones would do nothing."""
    template = _template(NATIVE, {"longestRequest": "90s", "noticedIn": "8s"})
    assert "metadata" not in template
    assert template["spec"]["terminationGracePeriodSeconds"] == 103
    assert template["spec"]["containers"][0]["lifecycle"]["preStop"]["sleep"] == {"seconds": 8}


def test_pods_that_the_spec_says_are_otherwise_say_so_themselves():
    """The switch of istiod is not at hand, so the annotation decides."""
    istio = {"version": "1.30", "nativeSidecars": False}
    template = _template({"kubernetes": "1.36", "istio": istio}, {"longestRequest": "10s"})
    assert template["metadata"]["annotations"]["sidecar.istio.io/nativeSidecar"] == "false"
    assert "terminationDrainDuration: 20s" in template["metadata"]["annotations"]["proxy.istio.io/config"]
    assert template["spec"]["terminationGracePeriodSeconds"] == 30


def test_a_server_that_ends_its_connections_in_time_lets_the_sidecar_go_with_the_last_one():
    """33 s of age (with jitter) and 20 s of grace are over before the longest request is."""
    ages = {"maxConnectionAge": "30s", "maxConnectionAgeGrace": "20s"}
    template = _template(CLASSIC, {"longestRequest": "60s"}, ages)
    proxy = parse(template["metadata"]["annotations"]["proxy.istio.io/config"])
    assert proxy == {
        "proxyMetadata": {"EXIT_ON_ZERO_ACTIVE_CONNECTIONS": "true", "MINIMUM_DRAIN_DURATION": "5s"}
    }
    assert template["spec"]["terminationGracePeriodSeconds"] == 70
    slow = _template(CLASSIC, {"longestRequest": "50s"}, ages)
    assert "terminationDrainDuration" in slow["metadata"]["annotations"]["proxy.istio.io/config"]


@pytest.mark.parametrize(
    ("drain", "service", "call", "grace"),
    [
        ({"longestRequest": "90s"}, {"longestRequest": "40s"}, {"deadline": "60s"}, 50),
        ({"noticedIn": "7s"}, {}, {"deadline": "60s"}, 72),
        (None, {}, {"deadline": "1500ms"}, 30),
        (None, {"longestRequest": "100500ms"}, {}, 111),
    ],
)
def test_the_longest_request_is_the_services_own_else_everybodys_else_the_longest_deadline(
    drain, service, call, grace
):
    """Whole seconds, rounded up; never less than what pods have anyway."""
    assert _template(NATIVE, drain, service, call)["spec"]["terminationGracePeriodSeconds"] == grace


def test_nothing_is_known_nothing_is_emitted():
    """Neither a deadline nor a drain is stated; or nobody says what the pods are of."""
    assert _template(NATIVE) is None
    assert _template(NATIVE, {"longestRequest": "9s"}, {"workload": None}) is None


def test_ports_of_one_workload_end_together():
    """One patch, for the longest of what both take."""
    spec = _spec(NATIVE)
    spec["network"]["services"]["admin"] = {**ORDERS, "port": 9001, "longestRequest": "200s"}
    spec["network"]["services"]["orders"]["longestRequest"] = "100s"
    (shutdown,) = model(spec).shutdowns
    assert shutdown.services == ("admin", "orders")
    assert shutdown.grace.value == 210_000


durations = st.integers(min_value=0, max_value=7_200_000)


@given(
    request=durations,
    noticed=durations,
    native=st.booleans(),
    ages=st.none() | st.tuples(durations, durations),
)
def test_every_end_comes_after_the_one_before(request, noticed, native, ages):
    """The inequalities, straight from how Kubernetes and pilot-agent end a pod."""
    service = {"longestRequest": f"{request}ms"}
    if ages is not None:
        service |= {"maxConnectionAge": f"{ages[0]}ms", "maxConnectionAgeGrace": f"{ages[1]}ms"}
    cluster = model(_spec(NATIVE if native else CLASSIC, {"noticedIn": f"{noticed}ms"}, service))
    (end,) = cluster.shutdowns
    assert end.sidecar is (SidecarKind.NATIVE if native else SidecarKind.CLASSIC)
    assert end.pre_stop.value >= noticed
    assert end.grace.value >= end.pre_stop.value + request
    assert all(number.value % 1000 == 0 for number in (end.pre_stop, end.grace))
    if native:
        assert end.drain is None
    elif end.waits:
        assert end.drain.value >= end.pre_stop.value
        assert end.grace.value > end.drain.value + ages[0] * 1.1 + ages[1] - 1
    else:
        assert end.drain.value >= end.pre_stop.value + request
        assert end.grace.value > end.drain.value

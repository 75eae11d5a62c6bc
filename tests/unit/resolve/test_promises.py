"""Random chains: where an independent reading of the inequalities says that numbers exist, they are found, and no others."""

from hypothesis import given
from hypothesis import strategies as st

from backstay.core.diagnostic import Severity
from backstay.upstream.presets import BOXES
from support.casebook import on_base
from support.inequalities import (
    broken_pings,
    broken_tries,
    pings_possible,
    seconds,
    tries_possible,
)
from support.modelling import findings, model
from support.specs import with_change

MS = st.one_of(st.integers(1, 900).map(lambda s: s * 1000), st.integers(1_000, 900_000))
CALLS = st.fixed_dictionaries({
    "boxes": st.lists(MS, max_size=2), "silence": st.none() | MS, "detect": st.none() | st.integers(8_000, 400_000),
    "trip": st.sampled_from([50, 50, 200, 3_500]),
})  # fmt: skip


def chain(calls, policy, *, sidecar):
    """A spec in which trainers call a server of somebody else's, without a sidecar, over boxes."""
    boxes = {
        f"box-{at}-{number}": {"idle": seconds(idle)}
        for at, call in enumerate(calls)
        for number, idle in enumerate(call["boxes"])
    }
    return on_base({
        "retries": {"pipelineSteps": None},
        "network": {
            "boxes": boxes,
            "clients": {"trainers": {"sidecar": sidecar, "runtime": "core"}},
            "services": {"far": {
                "host": "far.prod.svc.cluster.local", "port": 8443, "protocol": "grpc", "runtime": "go", "sidecar": False,
                "minPingInterval": seconds(policy), "permitPingsWithoutCalls": True,
            }},
            "calls": [_call(at, call) for at, call in enumerate(calls)],
        },
    })  # fmt: skip


def _call(at, call):
    stated = {
        "silentFor": call["silence"], "detectDeadPeerIn": call["detect"], "roundTrip": call["trip"],
    }  # fmt: skip
    return {
        "from": "trainers", "to": "far", "via": [f"box-{at}-{number}" for number in range(len(call["boxes"]))],
        **{key: seconds(value) for key, value in stated.items() if value is not None},
    }  # fmt: skip


def asking(calls, policy):
    """The promises of the calls that want pings at all."""
    found = [{**call, "policy": policy} for call in calls]
    return [
        one
        for one in found
        if one["detect"] is not None
        or any(one["silence"] is not None and one["silence"] >= idle for idle in one["boxes"])
    ]


@given(st.lists(CALLS, min_size=1, max_size=3), st.integers(1, 600).map(lambda s: s * 1000), st.booleans())
def test_pings_are_found_exactly_where_there_are_any(calls, policy, sidecar):
    """And the numbers that are found break none of the inequalities."""
    cluster = model(chain(calls, policy, sidecar=sidecar))
    promises, knobs = asking(calls, policy), next(k for k in cluster.network.knobs if k.service.name == "far")
    possible = pings_possible(promises, proxy=sidecar)
    assert (cluster.conflicts == ()) == possible
    own = knobs.upstream
    if sidecar and own is not None and possible:
        numbers = own.interval.value, own.timeout.value
        assert [broken_pings(one, *numbers, proxy=True) for one in promises] == [[] for _ in promises]


@given(st.lists(CALLS, min_size=1, max_size=3), st.integers(1, 600).map(lambda s: s * 1000))
def test_the_edit_of_a_spec_mends_the_spec(calls, policy):
    """Written into the spec as it is told, it leaves no error about conflicts; each conflict was told once."""
    spec = chain(calls, policy, sidecar=True)
    cluster = model(spec)
    errors = [found.rule for found in findings(cluster) if found.severity is Severity.ERROR]
    assert ("MSH040" in errors) == any(one.is_mutual for one in cluster.conflicts)
    assert bool(errors) == bool(cluster.conflicts)
    changes = {change.route: change.value for one in cluster.conflicts for change in one.changes}
    for route, value in changes.items():
        spec = with_change(spec, route, value)
    if changes:
        assert model(spec).conflicts == ()


@given(
    st.integers(1, 8), st.integers(1, 2_000), st.integers(100, 60_000), st.sampled_from([5, 50, 1_000]),
)  # fmt: skip
def test_tries_are_fitted_into_deadlines_exactly_where_they_can_be(attempts, initial, deadline, trip):
    """What one try may take, and the route's timeout, break nothing."""
    spec = on_base({
        "retries": {"pipelineSteps": None, "calls": {"attempts": attempts, "initial": seconds(initial)}},
        "network": {
            "services": {"near": {"host": "near.prod.svc.cluster.local", "port": 80, "protocol": "http"}},
            "calls": [{"from": "shop", "to": "near", "deadline": seconds(deadline), "roundTrip": seconds(trip)}],
        },
    })  # fmt: skip
    cluster = model(spec)
    (route,) = cluster.network.routes
    possible = tries_possible(attempts, initial, deadline, trip)
    assert (cluster.conflicts == ()) == possible
    if possible:
        per_try = route.per_try.value if route.per_try else 0
        assert broken_tries(attempts, initial, deadline, trip, per_try, route.timeout.value) == []


@given(
    st.sampled_from(sorted(BOXES)), st.sampled_from(["grpc", "http2", "http", "tcp", "redis"]), st.booleans(), st.booleans(),
    st.sampled_from(["sidecar", "none"]),
)  # fmt: skip
def test_a_box_whose_expiry_nothing_prevents_is_named(preset, protocol, caller, server, plane):
    """Whatever box, protocol and proxies: either somebody keeps a day of silence open, or an error names the box."""
    spec = on_base({
        "platform": {"istio": {"dataPlane": plane}},
        "network": {
            "boxes": {"between": {"preset": preset, "idle": None}},
            "clients": {"trainers": {"sidecar": caller}},
            "services": {"far": {"host": "far.prod.svc.cluster.local", "port": 1, "protocol": protocol, "sidecar": server}},
            "calls": [{"from": "trainers", "to": "far", "via": ["between"], "silentFor": "8000h"}],
        },
    })  # fmt: skip
    cluster = model(spec)
    kept = all(
        hop.keepers(box, call.round_trip_ms)
        for call in cluster.network.calls
        for hop in call.crossings
        for box in hop.boxes
    )
    named = [
        found for found in findings(cluster)
        if found.severity is Severity.ERROR and "`between`" in found.message + found.help
    ]  # fmt: skip
    assert kept or named

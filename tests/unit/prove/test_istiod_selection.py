"""Which EnvoyFilters reach a proxy, in which order, and which never get past the webhook."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backstay.prove.istiod import NoteKind, Proxy, ProxyKind, Result, apply
from support.istio import envoy_filter, keepalive_patch, options_patch
from support.sidecar import API, HCM, HCM_TYPE, ORDERS, effective, manager_of, named


def interval(result: Result) -> str | None:
    """Return how often the inbound connection manager pings, or None when it does not."""
    config = manager_of(named(result.config["listeners"], "virtualInbound"))
    return config.get("http2_protocol_options", {}).get("connection_keepalive", {}).get("interval")


def kinds(result: Result) -> list[NoteKind]:
    """Return the kinds of the notes, in order."""
    return [note.kind for note in result.notes]


def test_a_filter_of_the_proxys_namespace_applies():
    """No selector means the whole namespace."""
    result = effective([envoy_filter("a", keepalive_patch())])
    assert interval(result) == "60s"
    assert result.notes == ()


@pytest.mark.parametrize(
    ("namespace", "spec", "applies"),
    [
        ("istio-system", {}, True),
        ("other", {}, False),
        ("shop", {"workloadSelector": {"labels": {"app": "orders"}}}, True),
        ("shop", {"workloadSelector": {"labels": {"app": "orders", "v": "2"}}}, False),
        ("shop", {"workloadSelector": {"labels": {}}}, True),
        ("shop", {"targetRefs": [{"kind": "Service", "name": "orders"}]}, False),
    ],
)
def test_selection(namespace: str, spec: dict, applies):
    """Namespace, selector and targetRefs decide; a filter for someone else is spoken of."""
    result = effective([envoy_filter("a", keepalive_patch(), namespace=namespace, **spec)])
    assert (interval(result) is not None) is applies
    assert kinds(result) == ([] if applies else [NoteKind.NOT_SELECTED])


def test_a_filter_without_a_namespace_is_in_default():
    """As kubectl would create it."""
    bare = envoy_filter("a", keepalive_patch())
    del bare["metadata"]["namespace"]
    assert kinds(effective([bare])) == [NoteKind.NOT_SELECTED]
    assert interval(effective([bare], replace(API, namespace="default"))) == "60s"


@pytest.mark.parametrize(("name", "applies"), [("front", True), ("other", False)])
def test_a_gateway_api_gateway_is_named_by_target_refs(name: str, applies):
    """Only proxies that a Gateway API gateway made honour targetRefs, by the gateway's name."""
    gateway = Proxy("front", "shop", {"gateway.networking.k8s.io/gateway-name": "front"}, ProxyKind.GATEWAY)
    listener = {
        "name": "0.0.0.0_80",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 80}},
        "filter_chains": [{"filters": [{"name": HCM, "typed_config": {"@type": HCM_TYPE}}]}],
    }
    refs = [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": name}]
    result = apply(
        [envoy_filter("a", keepalive_patch("GATEWAY"), targetRefs=refs)],
        {"listeners": [listener]},
        gateway,
    )
    assert ("http2_protocol_options" in manager_of(result.config["listeners"][0])) is applies


@pytest.mark.parametrize(
    ("proxy", "applies"),
    [
        ({"proxyVersion": r"^1\.31.*"}, True),
        ({"proxyVersion": r"^1\.30.*"}, False),
        ({"proxyVersion": "1.31" + "x*" * 600}, False),
        ({"metadata": {"team": "blue"}}, True),
        ({"metadata": {"team": "red"}}, False),
    ],
)
def test_a_patch_may_ask_for_a_proxy(proxy: dict, applies):
    """By version, where an over-long pattern matches nothing, and by node metadata."""
    patch = keepalive_patch()
    patch["match"]["proxy"] = proxy
    result = effective([envoy_filter("a", patch)], replace(API, metadata={"team": "blue"}))
    assert (interval(result) is not None) is applies
    assert kinds(result) == ([] if applies else [NoteKind.NOT_SELECTED])


def test_an_over_long_version_pattern_counted_before_1_31():
    """The limit came with 1.31."""
    patch = keepalive_patch()
    patch["match"]["proxy"] = {"proxyVersion": "1.30" + "x*" * 600}
    assert interval(effective([envoy_filter("a", patch)], replace(API, istio_version="1.30.2"))) == "60s"


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ({"priority": -10}, {"priority": 0, "namespace": "istio-system"}),
        ({"namespace": "istio-system", "name": "z"}, {"name": "a"}),
        ({"name": "a"}, {"name": "b"}),
    ],
)
def test_order(first: dict, last: dict):
    """Priority over both namespaces, then the root namespace first, then names; the last one to write wins."""

    def build(seconds: int, name: str = "m", **rest: object) -> dict:
        return envoy_filter(name, keepalive_patch(seconds=seconds), **rest)

    for objects in ([build(1, **first), build(2, **last)], [build(2, **last), build(1, **first)]):
        assert interval(effective(objects)) == "2s"


def test_older_filters_come_first():
    """With equal priority in one namespace, age decides before names."""
    old, new = envoy_filter("z", keepalive_patch(seconds=1)), envoy_filter("a", keepalive_patch(seconds=2))
    old["metadata"]["creationTimestamp"] = "2024-01-01T00:00:00Z"
    new["metadata"]["creationTimestamp"] = "2025-01-01T00:00:00Z"
    assert interval(effective([new, old])) == "2s"


def broken(**changes: object) -> dict:
    """Return a patch with some of its parts replaced; None takes a part away."""
    patch = {**keepalive_patch(), **changes}
    return {key: value for key, value in patch.items() if value is not None}


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        (broken(applyTo=None), "applyTo is missing"),
        (broken(applyTo="FILTER"), "applyTo is 'FILTER'"),
        (broken(patch=None), "patch.operation is missing"),
        (broken(patch={"operation": "UPSERT"}), "patch.operation is 'UPSERT'"),
        (broken(patch={"operation": "MERGE"}), "patch.value is missing"),
        (broken(match={"context": "INBOUND"}), "match.context is 'INBOUND'"),
        (broken(match={"cluster": {"name": "x"}}), "cannot have a match on cluster"),
        (broken(match={"listener": {"filterChain": {"filter": {}}}}), "no name to match on"),
        (
            broken(
                match={"listener": {"filterChain": {"filter": {"name": HCM, "subFilter": {"name": "x"}}}}}
            ),
            "needs applyTo HTTP_FILTER",
        ),
        (
            broken(
                applyTo="HTTP_FILTER",
                match={"listener": {"filterChain": {"filter": {"name": "x", "subFilter": {"name": "y"}}}}},
            ),
            "needs a filter match on",
        ),
        (
            broken(
                applyTo="HTTP_FILTER",
                match={"listener": {"filterChain": {"filter": {"name": HCM, "subFilter": {}}}}},
            ),
            "subFilter match has no name",
        ),
        (broken(match={"proxy": {"proxyVersion": "("}}), "not a regular expression"),
        (broken(match={"proxy": {"metadata": {"a": 1}}}), "something other than text"),
        (broken(patch={"operation": "MERGE", "value": {"typed_config": {"@type": "x.Y"}}}), "does not know"),
    ],
)
def test_the_webhook_refuses(patch: dict, said: str):
    """One bad patch keeps the whole object out, the good patch before it included."""
    result = effective([envoy_filter("a", keepalive_patch(), patch)])
    assert interval(result) is None
    assert kinds(result) == [NoteKind.REFUSED]
    assert said in result.notes[0].message
    assert result.notes[0].where == "spec.configPatches[1]"


def test_selector_and_target_refs_exclude_each_other():
    """A CEL rule of the CRD says so."""
    gateway = Proxy("g", "shop", {"gateway.networking.k8s.io/gateway-name": "g"}, ProxyKind.GATEWAY)
    spec = {"targetRefs": [{"kind": "Gateway", "name": "g"}], "workloadSelector": {"labels": {"a": "b"}}}
    result = apply([envoy_filter("a", keepalive_patch("GATEWAY"), **spec)], {}, gateway)
    assert kinds(result) == [NoteKind.REFUSED]


def test_merge_and_replace_list_is_refused_before_1_31():
    """The operation is not in the older API."""
    http2 = {"explicit_http_config": {"http2_protocol_options": {}}}
    patch = options_patch(http2, service=ORDERS.host)
    patch["patch"]["operation"] = "MERGE_AND_REPLACE_LIST"
    assert kinds(effective([envoy_filter("a", patch)], replace(API, istio_version="1.30.5"))) == [
        NoteKind.REFUSED
    ]
    assert effective([envoy_filter("a", patch)]).notes == ()


def test_what_istiod_reads_past_is_said():
    """A field that does not exist is lost; those of a type without a field table cannot be judged."""
    patch = keepalive_patch()
    config = patch["patch"]["value"]["typed_config"]
    config["http2_protocol_options"]["max_streams"] = 1
    opaque = "type.googleapis.com/envoy.extensions.filters.http.oauth2.v3.OAuth2"
    extra = {"name": "x", "typed_config": {"@type": opaque, "any": {"thing": 1}}}
    result = effective(
        [envoy_filter("a", patch, {"applyTo": "HTTP_FILTER", "patch": {"operation": "ADD", "value": extra}})]
    )
    assert interval(result) == "60s"
    assert kinds(result) == [NoteKind.DROPPED, NoteKind.UNMODELLED]
    assert "http2_protocol_options.max_streams" in result.notes[0].message
    assert "OAuth2" in result.notes[1].message


@pytest.mark.parametrize(("apply_to", "said"), [("EXTENSION_CONFIG", "apart from"), ("BOOTSTRAP", "1.21")])
def test_what_is_not_worked_out_is_said(apply_to: str, said: str):
    """Extension configs and the bootstrap are outside this configuration."""
    patch = {"applyTo": apply_to, "patch": {"operation": "ADD", "value": {"name": "x"}}}
    result = effective([envoy_filter("a", patch)])
    assert kinds(result) == [NoteKind.UNMODELLED]
    assert said in result.notes[0].message


@pytest.mark.parametrize(
    ("patch", "hint"),
    [
        (options_patch({"auto_config": {}}, service="orders"), "`orders` is compared with whole host names"),
        (
            broken(match={"listener": {"filterChain": {"filter": {"name": "envoy.tcp_proxy"}}}}),
            "before Istio 1.19",
        ),
        (keepalive_patch("GATEWAY"), "in GATEWAY)"),
        (keepalive_patch("WAYPOINT"), "in WAYPOINT)"),
    ],
)
def test_what_matches_nothing_is_spoken_of(patch: dict, hint: str):
    """With the usual reason, where it shows."""
    result = effective([envoy_filter("a", patch)])
    assert kinds(result) == [NoteKind.UNMATCHED]
    assert hint in str(result.notes[0])
    assert str(result.notes[0]).startswith("unmatched: EnvoyFilter shop/a spec.configPatches[0]: nothing")


def test_other_objects_and_other_groups_are_passed_over():
    """Only Istio's own kinds count."""
    foreign = {**envoy_filter("a", keepalive_patch()), "apiVersion": "example.com/v1"}
    assert effective([foreign, {"kind": "ConfigMap"}]).notes == ()


def test_a_version_has_to_be_one():
    """Without a version nothing can be said."""
    with pytest.raises(ValueError, match="not an Istio version"):
        effective([envoy_filter("a", keepalive_patch())], replace(API, istio_version="latest"), [ORDERS])

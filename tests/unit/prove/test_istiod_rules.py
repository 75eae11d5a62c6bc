"""DestinationRules: which one is used for a cluster, and what of it counts there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backstay.prove.istiod import Mesh, NoteKind, Proxy, apply
from support.istio import KEEPALIVE, PINGS, PROBES, rule
from support.sidecar import (
    API,
    FAR,
    INBOUND,
    ORDERS,
    OUTBOUND,
    WEB,
    Service,
    cluster_name,
    effective,
    keepalive_of,
    note_kinds,
    options_of,
    probes_of,
    rule_of,
)


def test_port_level_settings_replace_the_rest():
    """On their port nothing of the top level is left."""
    levels = [
        {"port": {"number": 9000}, "connectionPool": {"http": {"idleTimeout": "5s"}}},
        {"port": {"number": 1}, "connectionPool": KEEPALIVE},
    ]
    policy = {"connectionPool": {**KEEPALIVE, **PROBES}, "portLevelSettings": levels}
    other = Service(ORDERS.host, 9001)
    result = effective([rule(trafficPolicy=policy)], reachable=(ORDERS, other))
    assert keepalive_of(result, OUTBOUND) is probes_of(result, OUTBOUND) is None
    assert options_of(result, OUTBOUND)["common_http_protocol_options"] == {"idle_timeout": "5s"}
    assert keepalive_of(result, cluster_name(other)) == PINGS


@pytest.mark.parametrize(
    ("ports", "expected"), [([{"port": 80, "targetPort": 9000}], "5s"), ([{"port": 81}], None)]
)
def test_on_an_inbound_cluster_the_port_is_the_services(ports: list, expected: str | None):
    """The cluster is named after the pod's port; the Service tells which of its ports leads there."""
    service = {
        "kind": "Service",
        "metadata": {"name": "orders", "namespace": "shop"},
        "spec": {"ports": ports},
    }
    policy = {
        "portLevelSettings": [{"port": {"number": 80}, "connectionPool": {"http": {"idleTimeout": "5s"}}}]
    }
    result = effective([service, rule(trafficPolicy=policy)])
    assert options_of(result, INBOUND).get("common_http_protocol_options", {}).get("idle_timeout") == expected


@pytest.mark.parametrize(
    ("host", "applies"),
    [
        (ORDERS.host, True),
        ("orders", True),
        ("*.shop.svc.cluster.local", True),
        ("*", True),
        ("orders.shop", False),
        ("other.shop.svc.cluster.local", False),
        ("*.other.svc.cluster.local", False),
    ],
)
def test_hosts(host: str, applies):
    """A short name is completed with the rule's namespace; one with a dot is taken as it is."""
    result = effective([rule(host=host)])
    assert (keepalive_of(result, OUTBOUND) is not None) is applies
    assert note_kinds(result) == ([] if applies else [NoteKind.UNMATCHED])


def test_a_short_host_uses_the_clusters_domain():
    """Which is not always cluster.local."""
    service = Service("orders.shop.svc.example", 9000)
    result = effective([rule(host="orders")], WEB, (), [service], Mesh(domain="example"))
    assert keepalive_of(result, cluster_name(service)) == PINGS


def test_the_most_specific_host_wins():
    """Exact before wildcard, then the longer one."""
    pools = {"*": "1s", "*.shop.svc.cluster.local": "2s", ORDERS.host: "3s"}
    objects = [
        rule({"http": {"idleTimeout": idle}}, name=f"n{idle}", host=host) for host, idle in pools.items()
    ]
    assert rule_of(effective(objects), OUTBOUND) == "n3s"
    assert rule_of(effective(objects[:2]), OUTBOUND) == "n2s"


@pytest.mark.parametrize(
    ("namespaces", "proxy", "winner"),
    [
        (["shop", "other", "istio-system"], FAR, "other"),
        (["shop", "istio-system"], FAR, "shop"),
        (["istio-system"], FAR, "istio-system"),
        (["third"], FAR, None),
        (["other"], WEB, None),
        (["shop", "istio-system"], replace(FAR, namespace="istio-system"), "shop"),
    ],
)
def test_where_rules_are_looked_for(namespaces: list[str], proxy: Proxy, winner: str | None):
    """In the client's namespace, then the service's, then the root one; the first that has any is used whole."""
    objects = [rule(name=namespace, namespace=namespace) for namespace in namespaces]
    result = effective(objects, proxy, ())
    assert rule_of(result, OUTBOUND) == winner
    assert note_kinds(result) == [NoteKind.SHADOWED] * (len(namespaces) - (winner is not None))


@pytest.mark.parametrize(
    ("export_to", "applies"),
    [([], True), (["*"], True), (["other"], True), (["."], False), (["third"], False)],
)
def test_a_rule_of_the_services_namespace_has_to_be_exported(export_to: list[str], applies):
    """To everyone, which is the default, or to the client's namespace."""
    assert (rule_of(effective([rule(exportTo=export_to)], FAR, ()), OUTBOUND) == "a") is applies
    assert rule_of(effective([rule(exportTo=["."])], WEB, ()), OUTBOUND) == "a"


def test_a_proxy_in_the_root_namespace_looks_first_at_rules_for_that_namespace_alone():
    """Others there are the mesh's defaults and come last."""
    proxy = replace(FAR, namespace="istio-system")
    shop = rule(name="shop")
    private = rule(name="root", namespace="istio-system", exportTo=["."])
    assert rule_of(effective([shop, private], proxy, ()), OUTBOUND) == "root"
    assert (
        rule_of(
            effective([shop, {**private, "spec": {**private["spec"], "exportTo": []}}], proxy, ()), OUTBOUND
        )
        == "shop"
    )


def test_a_selector_counts_for_outbound_clusters_only():
    """So it is another way to spare the application; the pod without the labels keeps what it had."""
    selected = rule(workloadSelector={"matchLabels": {"app": "orders"}})
    result = effective([selected])
    assert keepalive_of(result, OUTBOUND) == PINGS
    assert keepalive_of(result, INBOUND) is None
    other = effective([selected], WEB, ())
    assert keepalive_of(other, OUTBOUND) is None
    assert note_kinds(other) == [NoteKind.NOT_SELECTED]


def test_a_selected_rule_comes_before_one_for_all():
    """Each keeps its pods."""
    objects = [rule(name="all"), rule(name="mine", workloadSelector={"matchLabels": {"app": "orders"}})]
    assert rule_of(effective(objects), OUTBOUND) == "mine"
    assert rule_of(effective(objects, WEB, ()), OUTBOUND) == "all"
    assert note_kinds(effective(objects, WEB, ())) == [NoteKind.NOT_SELECTED]


def test_a_selected_rule_of_the_clients_namespace_hides_the_services_own():
    """Even from pods that it does not select: the search ends at the namespace."""
    mine = rule(name="mine", namespace="other", workloadSelector={"matchLabels": {"app": "someone"}})
    result = effective([rule(name="theirs"), mine], FAR, ())
    assert rule_of(result, OUTBOUND) is None
    assert note_kinds(result) == [NoteKind.NOT_SELECTED, NoteKind.SHADOWED]


def test_of_two_rules_for_one_host_the_older_counts():
    """Names decide among equals; only a missing policy is taken from the other."""
    one, two = rule({"http": {"idleTimeout": "1s"}}, "one"), rule({"http": {"idleTimeout": "2s"}}, "two")
    result = effective([two, one])
    assert options_of(result, OUTBOUND)["common_http_protocol_options"] == {"idle_timeout": "1s"}
    assert note_kinds(result) == [NoteKind.SHADOWED]
    bare = {**one, "spec": {"host": ORDERS.host}}
    joined = effective([two, bare])
    assert options_of(joined, OUTBOUND)["common_http_protocol_options"] == {"idle_timeout": "2s"}
    assert (rule_of(joined, OUTBOUND), joined.notes) == ("one", ())


def test_a_rule_without_a_policy_marks_outbound_clusters_only():
    """Istiod looks no further for inbound ones."""
    bare = {**rule(), "spec": {"host": ORDERS.host}}
    result = effective([bare])
    assert (rule_of(result, OUTBOUND), rule_of(result, INBOUND)) == ("a", None)


@pytest.mark.parametrize(
    ("keepalive", "said"),
    [
        ({"timeout": "20s"}, "interval is required"),
        ({"interval": "60s"}, "timeout is required"),
        ({"interval": "0s", "timeout": "20s"}, "interval is less than 1ms"),
        ({"interval": "60s", "timeout": "100us"}, "timeout is less than 1ms"),
        ({"interval": "soon", "timeout": "1s"}, "'soon' is not a duration"),
        ({}, "interval is required"),
    ],
)
@pytest.mark.parametrize("level", ["top", "port", "subset"])
def test_half_a_keepalive_is_refused(keepalive: dict, said: str, level: str):
    """Wherever in the rule it is."""
    policy = {"connectionPool": {"http": {"http2KeepAlive": keepalive}}}
    spec = {
        "top": {"trafficPolicy": policy},
        "port": {"trafficPolicy": {"portLevelSettings": [{"port": {"number": 1}, **policy}]}},
        "subset": {"subsets": [{"name": "v1", "trafficPolicy": policy}]},
    }[level]
    result = effective([{**rule(), "spec": {"host": ORDERS.host, **spec}}])
    assert (note_kinds(result), keepalive_of(result, OUTBOUND)) == ([NoteKind.REFUSED], None)
    assert said in result.notes[0].message


def test_http2_keepalive_is_unknown_before_1_31():
    """It is dropped with nothing said, also half of it, and its neighbours stay."""
    pool = {"http": {"http2KeepAlive": {"timeout": "20s"}, "idleTimeout": "5s"}}
    result = effective([rule(pool)], replace(API, istio_version="1.30.5"))
    assert options_of(result, OUTBOUND)["common_http_protocol_options"] == {"idle_timeout": "5s"}
    assert keepalive_of(result, OUTBOUND) is None
    assert note_kinds(result) == [NoteKind.DROPPED]
    assert "`connectionPool.http.http2KeepAlive` is not a field in Istio 1.30.5" in result.notes[0].message


def test_misspelt_fields_are_told():
    """A typo, and the spelling that istiod reads but an API server would prune."""
    result = effective([rule({"http": {"idleTimeoutt": "5s", "idle_timeout": "6s"}})])
    assert options_of(result, OUTBOUND)["common_http_protocol_options"] == {"idle_timeout": "6s"}
    assert note_kinds(result) == [NoteKind.DROPPED] * 2
    assert "an API server prunes it" in result.notes[1].message


def test_what_is_not_worked_out_is_said():
    """Once for each part of a rule."""
    policy = {"tls": {"mode": "SIMPLE"}, "outlierDetection": {}, "retryBudget": {}}
    result = effective([rule(trafficPolicy=policy, subsets=[{"name": "v1"}])])
    assert note_kinds(result) == [NoteKind.UNMODELLED] * 4


@pytest.mark.parametrize(
    ("host", "winner"), [("orders.shop.svc.cluster.local", "a"), ("ext.example.com", None)]
)
def test_a_clusters_namespace_without_metadata_is_in_its_host(host: str, winner: str | None):
    """An external host has none, so only the client's and the root namespace are searched."""
    name = f"outbound|443||{host}"
    result = apply([rule(host=host)], {"clusters": [{"name": name}]}, FAR)
    assert ("metadata" in result.config["clusters"][0]) is (winner is not None)


def test_an_inbound_cluster_without_metadata_has_no_service():
    """So no rule is found for it."""
    result = apply([rule()], {"clusters": [{"name": INBOUND}]}, API)
    assert result.config["clusters"] == [{"name": INBOUND}]
    assert note_kinds(result) == [NoteKind.UNMATCHED]

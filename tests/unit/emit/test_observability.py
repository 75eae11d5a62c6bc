"""What is emitted to watch the declared calls, and whose numbers it has."""

from __future__ import annotations

import json
import re

import pytest
from jinja2 import UndefinedError

from backstay.core.fact import OriginKind
from backstay.core.manifest import SCRIPT, settle
from backstay.render.file import is_script, read_script, render_file
from backstay.render.header import Header, Standing, standing
from backstay.render.yaml import dump
from backstay.spec.parse import parse
from backstay.text.script import fill
from support.modelling import model
from support.specs import spec_of
from support.watching import CALLS, SERVICES, alerts, emitted, rule, value, watched

SCRIPT_FILE = "bundle/observability/resets.bt"


def _files(cluster, kind):
    return {name: value(m) for name, m in emitted(cluster).items() if m.body.get("kind") == kind}


def test_nothing_is_emitted_unless_it_is_asked_for():
    """Clusters whose spec does not speak of it do not change."""
    network = {"services": SERVICES, "calls": [{"from": "scorers", "to": "models"}]}
    assert emitted(model(spec_of({"istio": {"version": "1.31"}}, network=network))) == {}


@pytest.mark.parametrize(
    ("part", "kinds"),
    [
        ("alerts", {"PrometheusRule", None}),
        ("dashboards", {"ConfigMap", None}),
        ("tetragon", {"TracingPolicy"}),
        ("bpftrace", {None}),
    ],
)
def test_each_part_is_emitted_by_itself(part, kinds):
    """The files of the bundle hold no object: the script, and what the proxies have to be told."""
    found = emitted(watched(parts=[part]))
    assert {m.body.get("kind") for m in found.values()} == kinds
    assert (SCRIPT_FILE in found) is (part == "bpftrace")
    assert ("bundle/observability/mesh-config.yaml" in found) is (part in {"alerts", "dashboards"})


def test_by_default_no_kind_is_needed_that_few_clusters_have():
    """TracingPolicy is asked for by name."""
    spec, findings = parse(spec_of({}, observability={"namespace": "monitoring"}))
    assert not findings
    assert set(spec.observability.parts) == {"alerts", "dashboards", "bpftrace"}


@pytest.mark.parametrize(
    ("service", "vantage", "window", "patience"),
    [
        # 120 s with 15 % jitter and 20 s until a ping counts as lost; then what the spec says of dead peers.
        ("models", "caller", 158_000, 300_000),
        ("ledger", "server", 158_000, 180_000),
        # Nobody pings: four scrapes decide.
        ("orders", "kernel", 60_000, 60_000),
    ],
)
def test_windows_and_patience_are_the_keepalive_s_own_numbers(service, vantage, window, patience):
    """A window holds a round of keepalive, patience the time in which a dead peer has to be noticed."""
    cluster = watched()
    (found,) = (watch for watch in cluster.observability.watches if watch.service.name == service)
    assert (found.vantage, found.window.value, found.patience.value) == (vantage, window, patience)
    for number in ("window", "patience"):
        derived = cluster.derivations[f"alert/{service}/{vantage}/{number}"]
        assert derived.value == max(bound.limit for bound in derived.bounds)
        assert derived.binding


def test_slow_scrapes_widen_the_window():
    """An increase takes two samples, and four scrapes of a minute are longer than a round of keepalive."""
    (found,) = (w for w in watched(scrapeInterval="1m").observability.watches if w.service.name == "models")
    assert found.window.value == 240_000


def test_how_many_calls_may_fail_is_what_retries_can_cover():
    """None where the spec allows no second try; as much as Envoy's retry budget where it does."""
    found = {watch.service.name: watch.unavailable for watch in watched().observability.watches}
    assert found["orders"] is None
    assert (found["models"].value, found["ledger"].value) == (20, 0)
    assert [(o.kind, o.ref) for o in found["models"].origins] == [
        (OriginKind.PRESET, "envoy RetryBudget"),
        (OriginKind.SPEC, "network.calls[0].idempotent"),
    ]
    assert [(o.kind, o.ref) for o in found["ledger"].origins] == [
        (OriginKind.DEFAULT, "network.calls[1].idempotent")
    ]


def test_every_expression_and_wait_says_where_its_numbers_come_from():
    """Thresholds are never made up."""
    (made,) = (m for m in emitted(watched()).values() if m.body.get("kind") == "PrometheusRule")
    settled = settle(made, dump)
    leaves = {
        route: origins
        for route, origins in settled.origins.items()
        if route[-1] in {"expr", "for", "description"}
    }
    rules = [one for group in settled.value["spec"]["groups"] for one in group["rules"]]
    assert len(leaves) == sum(
        len({"expr", "for", "description"} & one.keys() | {"description"}) for one in rules
    )
    for route, origins in leaves.items():
        assert origins, route
        of_calls = not settled.value["spec"]["groups"][route[2]]["name"].startswith("backstay-jobs-")
        if of_calls and route[-1] != "description":
            assert any(o.kind is OriginKind.CONSTRAINT and o.ref.startswith("alert/") for o in origins), route


def test_an_alert_names_the_call_and_what_the_spec_wants_of_it():
    """Who is woken reads what was promised and where."""
    found = alerts(watched())["BackstayKeepaliveUnanswered", "models"]["annotations"]
    assert found["description"] == (
        "scorers calls models on port 9000, through wall, which forgets after 5m, silent for up to 1h, "
        "a dead peer to be noticed within 5m."
    )
    assert found["spec"] == "network.calls[0]"
    assert "keepalive timeout" in found["runbook"]


def test_calls_that_may_not_be_run_twice_are_critical():
    """Such a call is lost when it breaks."""
    found = alerts(watched())
    assert found["BackstayConnectionLostInUse", "models"]["labels"]["severity"] == "warning"
    assert found["BackstayConnectionLostInUse", "ledger"]["labels"]["severity"] == "critical"


def test_the_rules_carry_the_labels_that_the_operator_selects_by():
    """Prometheus would not load them without."""
    metadata = rule(watched(ruleLabels={"release": "prom"}))["metadata"]
    assert (metadata["namespace"], metadata["labels"]["release"]) == ("monitoring", "prom")


def test_no_alert_looks_for_pings_that_nobody_sends():
    """Without a keepalive there is no timeout to count."""
    network = {"services": SERVICES, "calls": [{"from": "scorers", "to": "models", "idempotent": True}]}
    cluster = model(
        spec_of({"istio": {"version": "1.31"}}, network=network, observability={"namespace": "m"})
    )
    assert {name for name, _ in alerts(cluster)} == {
        "BackstayConnectionLostInUse",
        "BackstayRetriesRefused",
        "BackstayUnavailable",
    }


def test_without_a_mesh_the_kernel_is_all_that_sees():
    """No rules about series that nobody has."""
    network = {"services": SERVICES, "calls": [{"from": "scorers", "to": "models"}]}
    cluster = model(spec_of({}, network=network, observability={"namespace": "m"}))
    assert list(emitted(cluster)) == [SCRIPT_FILE]


def test_a_dashboard_shows_what_the_alerts_watch_with_their_thresholds():
    """One for each pair of caller and service that a proxy sees."""
    cluster = watched()
    found = _files(cluster, "ConfigMap")
    assert {one["metadata"]["name"] for one in found.values()} == {
        "dashboard-scorers-to-models",
        "dashboard-steps-to-ledger",
    }
    for one in found.values():
        assert one["metadata"]["labels"]["grafana_dashboard"] == "1"
        ((file, text),) = one["data"].items()
        shown = json.loads(text)
        assert file.endswith(".json")
        assert [panel["id"] for panel in shown["panels"]] == list(range(1, len(shown["panels"]) + 1))
        drawn = [target["expr"] for panel in shown["panels"] for target in panel.get("targets", ())]
        service = one["metadata"]["name"].rpartition("-")[2]
        watching = [
            a["expr"].rpartition(" > ")[0] for (_, about), a in alerts(cluster).items() if about == service
        ]
        assert watching
        assert set(watching) <= set(drawn)


def test_the_line_of_a_share_is_the_alert_s_threshold():
    """A reader sees how far it is."""
    found = _files(watched(), "ConfigMap")
    (text,) = next(one["data"].values() for name, one in found.items() if "models" in name)
    (panel,) = (p for p in json.loads(text)["panels"] if "UNAVAILABLE" in p["title"])
    assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"] == 0.2
    assert panel["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"]["mode"] == "line"


def test_two_dashboards_never_share_an_identity():
    """Grafana keeps one of two with one uid."""
    texts = [text for one in _files(watched(), "ConfigMap").values() for text in one["data"].values()]
    assert len({json.loads(text)["uid"] for text in texts}) == len(texts) > 1


def test_a_policy_records_both_ways_on_each_declared_port():
    """Resets that are sent and that arrive, seen from either end, with stacks."""
    found = {one["metadata"]["name"]: one for one in _files(watched(), "TracingPolicy").values()}
    # 9001 is where the server itself listens behind port 9000.
    assert list(found) == [f"backstay-resets-{port}" for port in (3306, 7000, 9000, 9001)]
    for name, one in found.items():
        assert "namespace" not in one["metadata"]
        probes = {probe["call"]: probe for probe in one["spec"]["kprobes"]}
        assert probes.keys() == {"tcp_send_active_reset", "tcp_reset"}
        for probe in probes.values():
            assert probe["args"] == [{"index": 0, "type": "sock"}]
            sides = [(s["matchArgs"][0]["operator"], s["matchArgs"][0]["values"]) for s in probe["selectors"]]
            port = name.rpartition("-")[2]
            assert sides == [("DPort", [port]), ("SPort", [port])]
            assert all(
                action == {"action": "Post", "kernelStackTrace": True, "userStackTrace": True}
                for selector in probe["selectors"]
                for action in selector["matchActions"]
            )


def test_the_script_looks_at_the_declared_ports_alone():
    """Each way, and each with who uses it."""
    text = value(emitted(watched())[SCRIPT_FILE])[SCRIPT]
    for port in (3306, 7000, 9000, 9001):
        assert f"args->sport == {port} || args->dport == {port}" in text
    assert text.count("args->sport ==") == 4
    assert " * 9000: scorers to models\n" in text
    assert text.startswith("#!/usr/bin/env bpftrace\n")


def test_a_script_s_header_is_in_comments_of_its_language():
    """A line with `#` is the C preprocessor's in bpftrace; our own reader knows the file again."""
    settled = settle(emitted(watched())[SCRIPT_FILE], dump)
    data = render_file(settled, Header("specs/clusters/built.yaml", ("specs/profiles/aws.yaml",)))
    assert is_script(settled.file)
    lines = data.decode().splitlines()
    assert lines[0] == "#!/usr/bin/env bpftrace"
    assert lines[1].startswith("// generated by backstay")
    assert not [line for line in lines[1:] if line.startswith("#")]
    assert standing(data) is Standing.INTACT
    assert standing(data.replace(b"9000", b"9009")) is Standing.EDITED
    assert read_script(data) == settled.value


def test_a_template_takes_no_name_for_granted():
    """A name that is not given stops the compiler instead of leaving a hole in a script."""
    with pytest.raises(UndefinedError):
        fill("resets.bt", cluster="c")


def test_proxies_are_told_to_keep_every_counter_that_is_looked_at():
    """Istio's proxies keep few of Envoy's counters by default."""
    kept = value(emitted(watched())["bundle/observability/mesh-config.yaml"])
    patterns = kept["defaultConfig"]["proxyStatsMatcher"]["inclusionRegexps"]
    assert len(patterns) == len(set(patterns)) > 0
    for name in ("http2.keepalive_timeout", "cluster.x.http2.keepalive_timeout", "cluster.x.upstream_rq_retry_overflow",
                 "cluster.x.upstream_cx_destroy_remote_with_active_rq", "cluster.x.upstream_cx_active",
                 "http.inbound_0.0.0.0_7000.downstream_cx_destroy_remote_active_rq"):  # fmt: skip
        assert any(re.fullmatch(pattern, name) for pattern in patterns), name


def test_a_call_keeps_its_words_when_it_has_few():
    """Nothing is said of what the spec does not say."""
    assert CALLS[2] == {"from": "steps", "to": "orders"}
    found = alerts(watched())["BackstayConnectionsReset", "3306"]["annotations"]
    assert found["description"] == "steps calls orders on port 3306."

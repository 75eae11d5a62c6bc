"""Prometheus's own promtool takes the emitted alerts, and they fire when they should and only then.

The series of the cases are written as Envoy, Istio and Tetragon name them, not taken from the emitter; a value list
such as `0+1x9` is Prometheus's: it starts at 0 and grows by 1 nine times, `_` is a scrape that brought nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from e2e.support.errors import Failed
from e2e.support.process import run
from support.repository import CLUSTERS
from support.specs import example
from support.watching import alerts, rule, watched

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

SECONDS = 60
MODELS = 'cluster_name="outbound|9000||models.serving.svc.cluster.local", namespace="scoring", pod="scorer-0"'
OTHERS = 'cluster_name="outbound|9000||models.other.svc.cluster.local", namespace="scoring", pod="scorer-0"'
INBOUND = 'http_conn_manager_prefix="inbound_0.0.0.0_7000", namespace="bank", pod="ledger-0"'
CALLS = 'istio_requests_total{{reporter="{}", destination_service="{}.svc.cluster.local", grpc_response_status="{}"}}'
FROM_CALLER = ("source", "models.serving")
FROM_SERVER = ("destination", "ledger.bank")
TETRAGON = 'tetragon_policy_events_total{policy="backstay-resets-3306", namespace="a", workload="w", binary="/bin/app"}'


@dataclass(frozen=True)
class Case:
    """Series by 15 s, one alert, and when it does not fire yet or any more, and when it does."""

    name: str
    alert: tuple[str, str]
    series: dict[str, str]
    silent_at: tuple[str, ...]
    fires_at: tuple[str, ...] = ()
    who: dict[str, str] = field(default_factory=dict)


SCORER = {"namespace": "scoring", "pod": "scorer-0"}
LEDGER = {"namespace": "bank", "pod": "ledger-0"}
KEEPALIVE = ("BackstayKeepaliveUnanswered", "models")
LOST = ("BackstayConnectionLostInUse", "models")
LOST_BY_SERVER = ("BackstayConnectionLostInUse", "ledger")
REFUSED = ("BackstayRetriesRefused", "models")
COVERED, BARE = ("BackstayUnavailable", "models"), ("BackstayUnavailable", "ledger")
RESET = ("BackstayConnectionsReset", "3306")
OOM, LINGERS, FULL = (f"Backstay{name}" for name in ("OutOfMemory", "PodTerminating", "QuotaNearlyFull"))
EVICTED, WAITS, SPENT = (
    f"Backstay{name}" for name in ("WorkloadEvicted", "WorkloadNotAdmitted", "AttemptsNearlySpent")
)
CONTAINER = 'namespace="team", pod="train-worker-0", container="pytorch"'
POD = {"namespace": "team", "pod": "train-worker-0"}
QUOTA = 'kube_resourcequota{{namespace="team", resourcequota="backstay-memory", resource="limits.memory", type="{}"}}'
QUEUE = 'cluster_queue="team"'
JOB = 'namespace="team", job_name="{}"'
LONE = "0x20 1x60"  # one step, five minutes in
GROWING = "0x20 1+1x60"  # a step each scrape from then on


def _calls(side: tuple[str, str], failed: str, fine: str) -> dict[str, str]:
    return {CALLS.format(*side, 14): failed, CALLS.format(*side, 0): fine}


CASES = (
    Case("pings go unanswered until patience ends", KEEPALIVE,
         {f"envoy_cluster_http2_keepalive_timeout{{{MODELS}}}": GROWING}, ("4m45s", "10m"), ("10m15s", "15m"), SCORER),
    Case("one dead peer is no alert", KEEPALIVE,
         {f"envoy_cluster_http2_keepalive_timeout{{{MODELS}}}": LONE}, ("5m15s", "7m", "8m", "10m15s", "15m")),
    Case("another service's pings", KEEPALIVE,
         {f"envoy_cluster_http2_keepalive_timeout{{{OTHERS}}}": GROWING}, ("10m15s", "15m")),
    Case("a count from before is no event", KEEPALIVE,
         {f"envoy_cluster_http2_keepalive_timeout{{{MODELS}}}": "7x80"}, ("10m", "20m")),
    Case("the label as Istio writes it with a delimiter", KEEPALIVE,
         {f"envoy_cluster_http2_keepalive_timeout{{{MODELS.replace('local', 'local;')}}}": GROWING}, ("10m",), ("15m",), SCORER),
    Case("the server's proxy finds dead callers", ("BackstayKeepaliveUnanswered", "ledger"),
         {'envoy_http2_keepalive_timeout{namespace="bank", pod="ledger-0"}': GROWING}, ("8m",), ("8m15s",), LEDGER),
    Case("a call that broke is told at once, until the window is over", LOST,
         {f"envoy_cluster_upstream_cx_destroy_remote_with_active_rq{{{MODELS}}}": LONE},
         ("5m", "7m45s"), ("5m15s", "7m30s"), SCORER),
    Case("connections of another port", LOST,
         {f"envoy_cluster_upstream_cx_destroy_remote_with_active_rq{{{MODELS.replace('9000', '9002')}}}": LONE}, ("5m15s",)),
    Case("a caller that broke, by the label of the listener", LOST_BY_SERVER,
         {f"envoy_http_downstream_cx_destroy_remote_active_rq{{{INBOUND}}}": LONE}, ("5m", "7m45s"), ("5m15s",), LEDGER),
    Case("a caller that broke, by the name of the listener", LOST_BY_SERVER,
         {'envoy_http_inbound_0_0_0_0_7000_downstream_cx_destroy_remote_active_rq{namespace="bank", pod="ledger-0"}': LONE},
         ("5m",), ("5m15s",), LEDGER),
    Case("another listener of the namespace", LOST_BY_SERVER,
         {f"envoy_http_downstream_cx_destroy_remote_active_rq{{{INBOUND.replace('7000', '7001')}}}": LONE}, ("5m15s",)),
    Case("retries are refused for longer than patience", REFUSED,
         {f"envoy_cluster_upstream_rq_retry_overflow{{{MODELS}}}": GROWING}, ("10m",), ("10m15s",), SCORER),
    Case("one retry is refused", REFUSED,
         {f"envoy_cluster_upstream_rq_retry_overflow{{{MODELS}}}": LONE}, ("6m", "10m15s")),
    Case("a share above the retry budget", COVERED, _calls(FROM_CALLER, "0+201x60", "0+799x60"), ("5m",), ("5m15s",)),
    Case("a share within the retry budget", COVERED, _calls(FROM_CALLER, "0+199x60", "0+801x60"), ("6m", "15m")),
    Case("the same share seen by the other side", COVERED, _calls(("destination", "models.serving"), "0+9x60", "0+1x60"), ("15m",)),
    Case("a call that may not be retried fails", BARE, _calls(FROM_SERVER, "0+1x60", "0+999x60"), ("3m",), ("3m15s",)),
    Case("a call that may not be retried does not fail", BARE, _calls(FROM_SERVER, "0x60", "0+999x60"), ("15m",)),
    Case("resets go on", RESET, {TETRAGON: GROWING}, ("6m",), ("6m15s",),
         {"namespace": "a", "workload": "w", "binary": "/bin/app"}),
    Case("a lone reset", RESET, {TETRAGON: LONE}, ("5m15s", "5m45s", "6m15s")),
    Case("a container out of memory", (OOM, "team"),
         {f'kube_pod_container_status_terminated_reason{{{CONTAINER}, reason="OOMKilled"}}': "_x20 1x20"}, ("4m45s",), ("5m",),
         {**POD, "container": "pytorch"}),
    Case("a container that was restarted after it", (OOM, "team"),
         {f'kube_pod_container_status_last_terminated_reason{{{CONTAINER}, reason="OOMKilled"}}': "0x20 1x20"}, ("5m",), ("5m15s",),
         {**POD, "container": "pytorch"}),
    Case("a container that failed by itself", (OOM, "team"),
         {f'kube_pod_container_status_terminated_reason{{{CONTAINER}, reason="Error"}}': "1x40"}, ("5m",)),
    Case("a pod that nobody frees", (LINGERS, "team"), {f"kube_pod_deletion_timestamp{{{CONTAINER}}}": "120x60"},
         ("2m", "3m"), ("3m15s", "10m"), POD),
    Case("a pod that is gone in time", (LINGERS, "team"), {f"kube_pod_deletion_timestamp{{{CONTAINER}}}": "120x11 stale"},
         ("3m", "3m15s", "10m")),
    Case("a pod within its grace period", (LINGERS, "team"), {f"kube_pod_deletion_timestamp{{{CONTAINER}}}": "900x60"}, ("10m", "15m")),
    Case("a budget that is nearly taken", (FULL, "team"), {QUOTA.format("used"): "90x20 91x40", QUOTA.format("hard"): "100x60"},
         ("5m", "6m"), ("6m15s",), {"namespace": "team", "resourcequota": "backstay-memory"}),
    Case("nine tenths of a budget", (FULL, "team"), {QUOTA.format("used"): "90x60", QUOTA.format("hard"): "100x60"}, ("10m",)),
    Case("a job that Kueue evicted", (EVICTED, "team"),
         {f'kueue_evicted_workloads_total{{{QUEUE}, reason="PodsReadyTimeout"}}': LONE}, ("5m", "6m15s"), ("5m15s",),
         {"cluster_queue": "team", "reason": "PodsReadyTimeout"}),
    Case("a job that made way for another", (EVICTED, "team"),
         {f'kueue_evicted_workloads_total{{{QUEUE}, reason="Preempted"}}': GROWING}, ("6m", "10m")),
    Case("a job that is not admitted", (WAITS, "team"), {f'kueue_pending_workloads{{{QUEUE}, status="inadmissible"}}': "0x20 1x200"},
         ("5m15s", "35m"), ("35m15s", "40m"), {"cluster_queue": "team"}),
    Case("a queue that moves", (WAITS, "team"),
         {f'kueue_pending_workloads{{{QUEUE}, status="active"}}': "1x400", f"kueue_admitted_workloads_total{{{QUEUE}}}": "0x100 1x300"},
         ("30m", "35m", "55m")),
    Case("the last try of a PyTorchJob, all replicas together", (SPENT, "train"),
         {f"kube_pod_container_status_restarts_total{{{CONTAINER}}}": "2x60",
          f'kube_pod_container_status_restarts_total{{{CONTAINER.replace("worker", "master")}}}': "1x20 2x40"},
         ("5m",), ("5m15s",), {"namespace": "team"}),
    Case("restarts of another job's pods", (SPENT, "train"),
         {f'kube_pod_container_status_restarts_total{{{CONTAINER.replace("train-", "train-2-")}}}': "9x60"}, ("10m",)),
    Case("the last try of a Job", (SPENT, "count"), {f"kube_job_status_failed{{{JOB.format('count-7')}}}": "1x20 2x40"},
         ("5m",), ("5m15s",), {"namespace": "team", "job_name": "count-7"}),
    Case("the last try of a step", (SPENT, "churn"), {f"kube_job_status_failed{{{JOB.format('-a1-score-churn')}}}": "1x20 2x40"},
         ("5m",), ("5m15s",), {"namespace": "team", "job_name": "-a1-score-churn"}),
    Case("a step of another pipeline", (SPENT, "churn"), {f"kube_job_status_failed{{{JOB.format('-a1-tell-churn')}}}": "9x40"}, ("6m",)),
    Case("the last try of a group of pods", (SPENT, "group"), {f"kube_job_created{{{JOB.format('group-main-0')}}}": "100x10 200x10 _x3 300x40"},
         ("5m45s",), ("6m30s",), {"namespace": "team"}),
    Case("resets on another port", RESET, {TETRAGON.replace("3306", "3307"): GROWING}, ("6m15s", "15m")),
)  # fmt: skip


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The alerts of the watched cluster as Prometheus reads them."""
    path: Path = tmp_path_factory.mktemp("rules") / "rules.json"
    path.write_text(json.dumps(rule(watched())["spec"]))
    return path


@pytest.mark.parametrize("name", [name for name in CLUSTERS if example(name).observability])
def test_promtool_takes_the_rules_of_the_example_fleet(name, promtool, tmp_path):
    """Expressions parse, names and labels are sound, no two alerts are the same."""
    found = rule(example(name))["spec"]
    (tmp_path / "rules.json").write_text(json.dumps(found))
    said = run([str(promtool), "check", "rules", "rules.json"], folder=tmp_path, seconds=SECONDS)
    assert f"SUCCESS: {sum(len(group['rules']) for group in found['groups'])} rules found" in said


def test_promtool_refuses_an_expression_that_is_none(promtool, rules, tmp_path):
    """What takes everything judges nothing."""
    broken = rules.read_text().replace("sum by (namespace, pod) (", "sum by (namespace, pod) ", 1)
    (tmp_path / "rules.json").write_text(broken)
    with pytest.raises(Failed, match="parse"):
        run([str(promtool), "check", "rules", "rules.json"], folder=tmp_path, seconds=SECONDS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_alert_fires_when_its_threshold_is_crossed_and_not_just_below(case, promtool, rules, tmp_path):
    """Not a scrape sooner than patience asks, and for nothing that keeps to the promise."""
    (tmp_path / "case.json").write_text(json.dumps(_unit_test(case, rules)))
    said = run([str(promtool), "test", "rules", "case.json"], folder=tmp_path, seconds=SECONDS)
    assert "SUCCESS" in said


def test_a_wrong_expectation_fails(promtool, rules, tmp_path):
    """The unit tests themselves can tell."""
    case = next(case for case in CASES if not case.fires_at)
    wrong = Case(case.name, case.alert, case.series, (), case.silent_at[:1], case.who)
    (tmp_path / "case.json").write_text(json.dumps(_unit_test(wrong, rules)))
    with pytest.raises(Failed):
        run([str(promtool), "test", "rules", "case.json"], folder=tmp_path, seconds=SECONDS)


def test_every_kind_of_alert_has_a_case_that_fires_and_one_that_does_not():
    """A new alert comes with cases."""
    kinds = {name for name, _ in alerts(watched())}
    assert kinds == {case.alert[0] for case in CASES if case.fires_at}
    assert kinds == {case.alert[0] for case in CASES if not case.fires_at}


def _unit_test(case: Case, rules: Path) -> dict[str, Any]:
    one = alerts(watched())[case.alert]
    labels = {**one["labels"], **case.who}
    fired = [{"exp_labels": labels, "exp_annotations": one["annotations"]}]
    expected = {**{at: [] for at in case.silent_at}, **dict.fromkeys(case.fires_at, fired)}
    asked = [
        {"eval_time": at, "alertname": case.alert[0], "exp_alerts": expected[at]}
        for at in sorted(expected, key=_seconds)
    ]
    series = [{"series": name, "values": values} for name, values in case.series.items()]
    return {
        "rule_files": [str(rules)],
        "evaluation_interval": "15s",
        "tests": [{"interval": "15s", "input_series": series, "alert_rule_test": asked}],
    }


def _seconds(text: str) -> int:
    minutes, seconds = re.fullmatch(r"(\d+)m(?:(\d+)s)?", text).groups(default="0")
    return 60 * int(minutes) + int(seconds)

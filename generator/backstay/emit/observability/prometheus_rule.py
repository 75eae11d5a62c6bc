"""PrometheusRule: alerts whose windows and thresholds are the numbers that the calls were given.

An alert waits while what it sees may be a single fault that is being dealt with, such as a dead peer that keepalive
found; a call that broke is told at once.
"""

from collections.abc import Iterator

from backstay.core.fact import Fact, join
from backstay.core.manifest import Manifest
from backstay.emit.observability import job_rules, series
from backstay.emit.observability.ports import Port, declared
from backstay.emit.observability.words import intent, places
from backstay.emit.parts import MANAGED, Body, new_object
from backstay.model.cluster import Cluster
from backstay.model.observability import Observability, Part, Watch

SOURCE = "prometheus-operator/prometheus-operator pkg/apis/monitoring/v1/prometheusrule_types.go"
NAME = "backstay"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One for the cluster, where anything can be counted."""
    watching = cluster.observability
    if watching is None or not watching.has(Part.ALERTS):
        return
    groups = list(_groups(watching))
    if groups:
        name = f"{NAME}-{cluster.name}"
        labels: Body = {**MANAGED, **watching.rule_labels}
        yield new_object(
            "observability", "monitoring.coreos.com/v1", "PrometheusRule", name, watching.namespace, SOURCE,
            metadata={"name": name, "namespace": watching.namespace, "labels": labels},
            spec={"groups": groups},
        )  # fmt: skip


def _groups(watching: Observability) -> Iterator[Body]:
    for watch in watching.watches:
        rules = list(_rules(watch))
        if rules:
            yield {"name": f"{NAME}-{watch.service.name}-{watch.vantage.value}", "rules": rules}
    for jobs in watching.jobs:
        yield {"name": f"{NAME}-jobs-{jobs.namespace.value}", "rules": list(job_rules.rules(jobs))}
    if watching.has(Part.TETRAGON):
        for port in declared(watching):
            yield {"name": f"{NAME}-resets-{port.number.value}", "rules": [_resets(port)]}


def _rules(watch: Watch) -> Iterator[Body]:
    for signal in series.signals(watch):
        text = f"{series.increase(signal.series, watch.window.value)} > 0"
        expr = join(text, watch.window, watch.service.host, watch.service.port, watch.service.target_port)
        rule = _rule(signal.alert, expr, watch, f"{watch.service.name}: {signal.title}", signal.help)
        yield rule if signal.at_once else rule | {"for": watch.patience.to(series.seconds)}
    share = series.unavailable(watch)
    if share and watch.unavailable is not None:
        expr = join(
            f"{share} > {watch.unavailable.value / 100:g}",
            watch.unavailable,
            watch.window,
            watch.service.host,
        )
        yield {"for": watch.patience.to(series.seconds)} | _rule(
            "BackstayUnavailable", expr, watch,
            watch.unavailable.to(lambda percent: f"{watch.service.name}: more than {percent} % of gRPC calls end UNAVAILABLE"),
            "see which side says so: response_flags of istio_requests_total tell the proxy's own answers (UF, UC, UH) "
            "from the server's",
        )  # fmt: skip


def _rule(alert: str, expr: Fact[str], watch: Watch, summary: object, help_: str) -> Body:
    labels = {"severity": _severity(watch), "service": watch.service.name, "seen_by": watch.vantage.value}
    return {
        "alert": alert,
        "expr": expr,
        "labels": labels,
        "annotations": _annotations(watch, summary, help_),
    }


def _severity(watch: Watch) -> Fact[str]:
    """A call that must not be run twice is lost for good when it breaks."""
    told = [call.idempotent for call in watch.calls]
    return join("warning" if all(one.value for one in told) else "critical", *told)


def _annotations(watch: Watch, summary: object, help_: str) -> Body:
    return {
        "summary": summary,
        "description": intent(watch.calls),
        "runbook": help_,
        "spec": places(watch.calls),
    }


def _resets(port: Port) -> Body:
    expr = join(f"{series.resets(port.number.value, port.window.value)} > 0", port.number, port.window)
    return {
        "alert": "BackstayConnectionsReset",
        "expr": expr,
        "for": port.patience.to(series.seconds),
        "labels": {"severity": "warning", "port": str(port.number.value)},
        "annotations": {
            "summary": f"port {port.number.value}: connections are reset",
            "description": intent(port.calls),
            "runbook": f"the events of TracingPolicy {series.policy_name(port.number.value)} name process and stack: a "
            "reset that arrives comes from the peer or a box between, one that is sent was sent by that process",
            "spec": places(port.calls),
        },
    }

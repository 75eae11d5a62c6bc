"""Grafana dashboards, one for each pair of caller and service, as ConfigMaps that its sidecar picks up.

Each panel shows a series that an alert watches, with the alert's threshold as a line.
Sources: grafana/grafana docs dashboards/build-dashboards/view-dashboard-json-model; grafana helm chart
sidecar.dashboards.label (`grafana_dashboard`) and labelValue.
"""

import hashlib
from collections.abc import Iterator
from itertools import count

from backstay.core.fact import Fact, join
from backstay.core.manifest import JsonText, Manifest
from backstay.emit.observability import series
from backstay.emit.observability.words import intent, places
from backstay.emit.parts import MANAGED, Body, new_object
from backstay.model.cluster import Cluster
from backstay.model.network import Call
from backstay.model.observability import Part, Vantage, Watch

SOURCE = "grafana/grafana docs/sources/dashboards/build-dashboards/view-dashboard-json-model"
LABELS = {**MANAGED, "grafana_dashboard": "1"}
_SCHEMA = 39
_HEIGHT, _WIDTH = 8, 12
_DATA_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One ConfigMap for each path that a proxy sees."""
    watching = cluster.observability
    if watching is None or not watching.has(Part.DASHBOARDS):
        return
    for watch in watching.watches:
        if watch.vantage is not Vantage.KERNEL:
            for client in dict.fromkeys(call.client.name for call in watch.calls):
                name = f"dashboard-{client}-to-{watch.service.name}"
                body = _dashboard(cluster.name, client, watch)
                yield new_object(
                    "observability", "v1", "ConfigMap", name, watching.namespace, SOURCE,
                    metadata={"name": name, "namespace": watching.namespace, "labels": LABELS},
                    data={f"{name}.json": JsonText(body)},
                )  # fmt: skip


def _dashboard(cluster: str, client: str, watch: Watch) -> Body:
    title = f"{cluster}: {client} to {watch.service.name}"
    calls = tuple(call for call in watch.calls if call.client.name == client)
    return {
        "uid": hashlib.sha256(title.encode()).hexdigest()[:16],
        "title": title,
        "tags": ["backstay", cluster],
        "schemaVersion": _SCHEMA,
        "editable": False,
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
        "panels": [
            panel | {"id": index} for index, panel in zip(count(1), _panels(calls, watch), strict=False)
        ],
    }


def _panels(calls: tuple[Call, ...], watch: Watch) -> Iterator[Body]:
    graphs = list(_graphs(watch))
    yield _words(calls)
    for index, graph in enumerate(graphs):
        row, column = divmod(index, 2)
        yield graph | {"gridPos": _place(column * _WIDTH, (row + 1) * _HEIGHT, _WIDTH)}


def _graphs(watch: Watch) -> Iterator[Body]:
    for signal in series.signals(watch):
        expr = series.increase(signal.series, watch.window.value)
        yield _graph(signal.title, join(expr, watch.window, watch.service.host, watch.service.port), limit=1)
    share = series.unavailable(watch)
    if share and watch.unavailable is not None:
        limit = watch.unavailable.to(lambda percent: percent / 100)
        yield _graph("gRPC calls that end UNAVAILABLE", join(share, watch.window, watch.service.host),
                     limit=limit, unit="percentunit")  # fmt: skip
    if watch.vantage is Vantage.CALLER:
        yield _graph(
            "open connections", join(series.connections(watch), watch.service.host, watch.service.port)
        )
    yield _graph(
        "resets that nodes' own sockets sent, each second",
        watch.window.to(series.node_resets),
    )


def _graph(title: str, expr: Fact[str], limit: object = None, unit: str = "short") -> Body:
    defaults: Body = {"unit": unit, "min": 0}
    if limit is not None:
        steps = [{"color": "green", "value": None}, {"color": "red", "value": limit}]
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
        defaults["custom"] = {"thresholdsStyle": {"mode": "line"}}
    return {
        "type": "timeseries",
        "title": title,
        "datasource": _DATA_SOURCE,
        "targets": [{"refId": "A", "datasource": _DATA_SOURCE, "expr": expr}],
        "fieldConfig": {"defaults": defaults, "overrides": []},
    }


def _words(calls: tuple[Call, ...]) -> Body:
    told = intent(calls)
    text = told.to(lambda words: f"{words}\n\nSpec: {places(calls)}")
    options = {"mode": "markdown", "content": text}
    return {
        "type": "text",
        "title": "What was promised",
        "options": options,
        "gridPos": _place(0, 0, 2 * _WIDTH),
    }


def _place(x: int, y: int, width: int) -> Body:
    return {"x": x, "y": y, "w": width, "h": _HEIGHT}

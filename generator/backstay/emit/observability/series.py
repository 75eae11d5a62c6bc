"""Which series show a broken promise, for each side that a call can be seen from.

Sources: envoy docs configuration/upstream/cluster_manager/cluster_stats (upstream_*, rooted at cluster.<name>),
configuration/http/http_conn_man/stats (downstream_*, and the codec's http2.keepalive_timeout, which has the root
http2 for connections from outside and cluster.<name>.http2 for those to a cluster); istio.io
docs/reference/config/metrics (istio_requests_total with reporter, destination_service, grpc_response_status);
istio/istio tools/packaging/common/envoy_bootstrap.json (how cluster and listener become labels; before Istio 1.23 the
listener stands in the metric's name, and a host outside the cluster loses what follows its first dot);
cilium/tetragon pkg/metrics/eventmetrics (tetragon_policy_events_total); prometheus/node_exporter netstat collector.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from backstay.model.hop import Refresh
from backstay.model.observability import Vantage, Watch

UNAVAILABLE = 14
"""The gRPC status code."""
PROXY_STATS = (
    r".*http2\.keepalive_timeout",
    r".*upstream_cx_active",
    r".*upstream_cx_destroy_remote_with_active_rq",
    r".*upstream_rq_retry_overflow",
    r".*downstream_cx_destroy_remote_active_rq",
)
"""Envoy's own names of what the series are made from: Istio's proxies keep none of them unless they are told to."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A counter of broken promises: an alert's name, its words, the series, and what to do.

    `at_once`: a single step is a call that broke; of the others one step may be a fault that was dealt with.
    """

    alert: str
    title: str
    series: str
    help: str
    at_once: bool = False


def signals(watch: Watch) -> Iterator[Signal]:
    """The counters that the proxies on the watch's side keep."""
    if watch.vantage is Vantage.CALLER:
        yield from _by_caller(watch)
    elif watch.vantage is Vantage.SERVER:
        yield from _by_server(watch)


def _by_caller(watch: Watch) -> Iterator[Signal]:
    to = f"{{{_outbound(watch)}}}"
    if _proxies_ping(watch):
        yield _keepalive(f"envoy_cluster_http2_keepalive_timeout{to}")
    yield Signal(
        "BackstayConnectionLostInUse", "connections that the other side closed under a request",
        f"envoy_cluster_upstream_cx_destroy_remote_with_active_rq{to}",
        "look for boxes that forgot the connection (bundle/observability), servers that go without draining, and "
        "connection ages shorter than the calls",
        at_once=True,
    )  # fmt: skip
    if watch.service.protocol.is_http:
        yield Signal(
            "BackstayRetriesRefused", "retries that the retry budget refused",
            f"envoy_cluster_upstream_rq_retry_overflow{to}",
            "more calls fail than retries may cover: find why they fail before raising any retry count",
        )  # fmt: skip


def _by_server(watch: Watch) -> Iterator[Signal]:
    home, port = f'namespace="{watch.service.namespace}"', watch.service.target_port.value
    if _proxies_ping(watch):
        yield _keepalive(f"envoy_http2_keepalive_timeout{{{home}}}")
    name = f"envoy_http_(inbound_.*_{port}_+)?downstream_cx_destroy_remote_active_rq"
    listener = f'http_conn_manager_prefix=~"|inbound_.*_{port};?"'
    yield Signal(
        "BackstayConnectionLostInUse", "connections that callers, or boxes before them, closed under a request",
        f'{{__name__=~"{name}", {home}, {listener}}}',
        "look for boxes that forgot the connection (bundle/observability) and callers that were killed",
        at_once=True,
    )  # fmt: skip


def _keepalive(series: str) -> Signal:
    return Signal(
        "BackstayKeepaliveUnanswered", "connections closed because a keepalive ping stayed unanswered", series,
        "look for peers that died without a word, nodes that are lost, and boxes that drop what they forgot; if the "
        "peers live, the link is slower than the keepalive timeout allows",
    )  # fmt: skip


def unavailable(watch: Watch) -> str:
    """The share of gRPC calls, 0 to 1, that ended UNAVAILABLE in the watch's window; empty for no such share."""
    if watch.unavailable is None or watch.vantage is Vantage.KERNEL:
        return ""
    reporter = "source" if watch.vantage is Vantage.CALLER else "destination"
    calls = f'reporter="{reporter}", destination_service="{watch.service.host.value}"'
    failed = f'{calls}, grpc_response_status="{UNAVAILABLE}"'
    window = seconds(watch.window.value)
    return f"sum(rate(istio_requests_total{{{failed}}}[{window}])) / sum(rate(istio_requests_total{{{calls}}}[{window}]))"


def resets(port: int, window: int) -> str:
    """Resets that the TracingPolicy of a port recorded in a window of so many milliseconds, by who was hit."""
    policy = f'policy="{policy_name(port)}"'
    return f"sum by (namespace, workload, binary) (increase(tetragon_policy_events_total{{{policy}}}[{seconds(window)}]))"


def increase(series: str, window: int) -> str:
    """Steps of a counter in a window of so many milliseconds, by pod."""
    return f"sum by (namespace, pod) (increase({series}[{seconds(window)}]))"


def connections(watch: Watch) -> str:
    """The connections that are open to the service, by pod."""
    return f"sum by (namespace, pod) (envoy_cluster_upstream_cx_active{{{_outbound(watch)}}})"


def node_resets(window: int) -> str:
    """Resets that the nodes' own sockets sent, each second; pods have network namespaces of their own."""
    return f"sum by (instance) (rate(node_netstat_Tcp_OutRsts[{seconds(window)}]))"


def policy_name(port: int) -> str:
    """The TracingPolicy that records resets on a port."""
    return f"backstay-resets-{port}"


def seconds(ms: int) -> str:
    """A duration as PromQL has it, in whole seconds: windows and patience are made of those."""
    return f"{ms // 1000}s"


def _outbound(watch: Watch) -> str:
    host = watch.service.host.value.replace(".", "[.]")
    return f'cluster_name=~"outbound[|]{watch.service.port.value}[|][^|]*[|]{host};?"'


def _proxies_ping(watch: Watch) -> bool:
    return any(
        pinger.by_proxy and pinger.how is Refresh.HTTP2_PING
        for call in watch.calls
        for hop in call.crossings
        for pinger in hop.pingers
    )

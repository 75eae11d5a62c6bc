"""The mesh configuration without which the proxies do not keep the counters that are watched.

Source: istio.io docs/ops/configuration/telemetry/envoy-stats (proxyStatsMatcher; by default a proxy keeps few).
"""

from collections.abc import Iterator

from backstay.core.manifest import Manifest, Role
from backstay.emit.observability.series import PROXY_STATS
from backstay.emit.parts import Body, fixed
from backstay.model.cluster import Cluster
from backstay.model.observability import Part, Vantage

SOURCE = "istio.io docs/ops/configuration/telemetry/envoy-stats"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """What to merge into `meshConfig`, where proxies see a call that is watched."""
    watching = cluster.observability
    if watching is None or not (watching.has(Part.ALERTS) or watching.has(Part.DASHBOARDS)):
        return
    if any(watch.vantage is not Vantage.KERNEL for watch in watching.watches):
        kept: Body = {"proxyStatsMatcher": {"inclusionRegexps": list(PROXY_STATS)}}
        yield Manifest(
            "bundle/observability/mesh-config.yaml", Role.BUNDLE, {"defaultConfig": kept}, fixed(SOURCE)
        )

"""What Kueue's objects share: their API version and the names of flavors.

Source: kueue release notes (v1beta2 since 0.15, v1beta1 no longer served from 0.20).
"""

from collections.abc import Sequence

from backstay.core.feature import Feature
from backstay.model.cluster import Cluster
from backstay.model.jobs import NodePool

ANY_NODE = "any-node"
"""The flavor of clusters whose pools are not stated."""


def api(cluster: Cluster) -> str:
    """The API version that this Kueue serves and goes on serving longest."""
    return "kueue.x-k8s.io/" + ("v1beta2" if cluster.has(Feature.KUEUE_V1BETA2) else "v1beta1")


def flavors(pools: Sequence[NodePool]) -> Sequence[str]:
    """The names of the flavors, one for each pool."""
    return [pool.name for pool in pools] or [ANY_NODE]

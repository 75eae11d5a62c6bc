"""LimitRange: what a container gets that states nothing, and the most that one can have and still find a node.

A quota on limits.memory refuses pods without a limit; a container larger than every node would wait for ever.
"""

from collections.abc import Iterator

from backstay.core.manifest import Manifest
from backstay.core.units import show_quantity
from backstay.emit.parts import Body, new_object
from backstay.model.cluster import Cluster
from backstay.model.jobs import Jobs

SOURCE = "kubernetes/api core/v1/types.go (LimitRangeItem)"
NAME = "backstay-memory"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One for each namespace that has a budget, where the default is stated."""
    limits = _limits(cluster.jobs)
    if limits is not None:
        for budget in cluster.jobs.budgets:
            spec: Body = {"limits": [limits]}
            yield new_object("memory", "v1", "LimitRange", NAME, budget.namespace, SOURCE, spec=spec)


def _limits(jobs: Jobs) -> Body | None:
    if jobs.steps is None or jobs.steps.default is None:
        return None
    each: Body = {"memory": jobs.steps.default.to(show_quantity)}
    largest = max((pool.allocatable for pool in jobs.pools), key=lambda size: size.value, default=None)
    most: Body = {} if largest is None else {"max": {"memory": largest.to(show_quantity)}}
    return {"type": "Container", "default": each, "defaultRequest": each, **most}

"""Node pools: what pods of one node may request together.

Source: kubernetes/website docs/tasks/administer-cluster/reserve-compute-resources (allocatable is capacity less
kubeReserved, systemReserved and evictionHard); DaemonSets' pods take their share of that before any job does.
"""

from backstay.core.fact import from_spec, join
from backstay.core.place import at
from backstay.core.units import show_quantity
from backstay.model.derivation import Bound, Derivation
from backstay.model.jobs import NodePool, Taint
from backstay.resolve.facts import fact, maybe
from backstay.spec import memory as spec

_TAKEN = (
    ("kube_reserved", "the kubelet keeps {} for itself"),
    ("system_reserved", "{} for the system"),
    ("eviction_hard", "{} as the eviction threshold"),
    ("largest_daemon_sets", "and DaemonSets take {}"),
)


def resolve_pools(memory: spec.Memory) -> tuple[tuple[NodePool, ...], dict[str, Derivation]]:
    """Every pool with its allocatable memory in bytes, which is negative where more is kept back than there is."""
    numbers = {name: _allocatable(name, pool) for name, pool in memory.pools.items()}
    pools = tuple(_pool(name, pool, numbers[name]) for name, pool in memory.pools.items())
    return pools, {number.id: number for number in numbers.values()}


def _allocatable(name: str, pool: spec.Pool) -> Derivation:
    route = ("memory", "pools", name)
    capacity = fact(pool, "capacity", pool.capacity, route)
    taken = {field: fact(pool, field, getattr(pool, field), route) for field, _ in _TAKEN}
    limit = capacity.value - sum(one.value for one in taken.values())
    parts = [words.format(show_quantity(taken[field].value)) for field, words in _TAKEN if taken[field].value]
    words = f"a node has {show_quantity(capacity.value)}" + "".join(f", {part}" for part in parts)
    bound = Bound("node-holds", "<=", limit, words, "JOB035", join(limit, capacity, *taken.values()).origins)
    return Derivation(
        f"memory/{name}/allocatable",
        limit,
        "bytes",
        (bound,),
        "what is left of the capacity",
        f"what pods of one node of `{name}` may request together",
    )


def _pool(name: str, pool: spec.Pool, allocatable: Derivation) -> NodePool:
    route = ("memory", "pools", name)
    return NodePool(
        name,
        fact(pool, "nodes", pool.nodes, route),
        fact(pool, "capacity", pool.capacity, route),
        allocatable.fact,
        fact(pool, "system_reserved", pool.system_reserved, route),
        fact(pool, "kube_reserved", pool.kube_reserved, route),
        fact(pool, "eviction_hard", pool.eviction_hard, route),
        fact(pool, "gpus", pool.gpus, route),
        fact(pool, "gpu_resource", pool.gpu_resource, route),
        {label: from_spec(value, *route, "nodeLabels", label) for label, value in pool.node_labels.items()},
        maybe(pool, "shutdown_grace", pool.shutdown_grace, route),
        maybe(pool, "shutdown_grace_critical", pool.shutdown_grace_critical, route),
        at(*route),
        tuple(_taint(taint, (*route, "taints", index)) for index, taint in enumerate(pool.taints)),
        fact(pool, "overcommit", pool.overcommit, route),
    )


def _taint(taint: spec.Taint, route: tuple[str | int, ...]) -> Taint:
    return Taint(
        fact(taint, "key", taint.key, route),
        fact(taint, "value", taint.value, route),
        fact(taint, "effect", taint.effect, route),
    )

"""How many pods of one size fit into a budget and onto nodes, as bounds on their number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backstay.core.fact import Fact, join
from backstay.core.units import show_quantity
from backstay.model.derivation import Bound
from backstay.model.jobs import Budget, NodePool

RULE = "JOB035"


@dataclass(frozen=True, slots=True)
class Pod:
    """What one pod takes, in bytes: `request` decides where it fits, `limit` counts against a quota on limits.

    `words` says what it is or what that is made of.
    """

    request: Fact[int]
    limit: Fact[int]
    words: str


def in_budget(pod: Pod, budget: Budget, pool: str | None = None, beside: Pod | None = None) -> Bound:
    """As many as a namespace's budget holds, or the part of it for one pool; `beside` is a pod that runs all the time."""
    name = budget.namespace.value
    total = budget.by_pool.get(pool or "", budget.total)
    where = f" on `{pool}`" if pool in budget.by_pool else ""
    left = total.value - (beside.limit.value if beside else 0)
    less = f" less {show_quantity(beside.limit.value)} for {beside.words}" if beside else ""
    words = f"`{name}` may use {show_quantity(total.value)}{where}{less}: a pod takes {pod.words}"
    times, facts = _times(left, pod.limit.value), (total, pod.limit, *((beside.limit,) if beside else ()))
    return Bound(f"budget-of-{name}-holds", "<=", times, words, RULE, join(times, *facts).origins)


def on_nodes(pod: Pod, pools: Sequence[NodePool], beside: Pod | None = None) -> Iterator[Bound]:
    """As many as the nodes of some pools hold, each pod on one node; nothing is said where no pool is stated.

    `beside` may take the room of a few of them.
    """
    if not pools or not pod.request.value:
        return
    held = sum(pool.nodes.value * _times(pool.allocatable.value, pod.request.value) for pool in pools)
    taken = _taken(pod, pools, beside)
    told = " and ".join(_pool(pool, pod) for pool in pools)
    less = f", less {taken} for {beside.words}" if beside and taken else ""
    less = f", with room for {beside.words} beside them" if beside and not taken else less
    facts = (pod.request, *(fact for pool in pools for fact in (pool.nodes, pool.allocatable)))
    limit = max(0, held - taken)
    yield Bound(
        "nodes-hold",
        "<=",
        limit,
        f"{told}{less}: a pod takes {pod.words}",
        RULE,
        join(limit, *facts, *((beside.request,) if beside else ())).origins,
    )


def _taken(pod: Pod, pools: Sequence[NodePool], beside: Pod | None) -> int:
    """How many pods' room another pod takes: none where a full node has enough left over for it."""
    if beside is None:
        return 0
    over = max(pool.allocatable.value % pod.request.value for pool in pools)
    return 0 if over >= beside.request.value else -(-beside.request.value // pod.request.value)


def _pool(pool: NodePool, pod: Pod) -> str:
    each = _times(pool.allocatable.value, pod.request.value)
    room = show_quantity(pool.allocatable.value)
    if pool.nodes.value == 1:
        return f"the node of `{pool.name}` holds {each} in {room}"
    return f"{pool.nodes.value} nodes of `{pool.name}` hold {each} each in {room}"


def _times(room: int, size: int) -> int:
    return max(0, room // size) if size else 0

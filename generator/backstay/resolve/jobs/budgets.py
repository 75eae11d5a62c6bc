"""Namespaces' budgets and priorities, as the spec states them."""

from backstay.core.fact import from_spec
from backstay.core.place import at
from backstay.model.jobs import Budget, Priority
from backstay.resolve.facts import fact, maybe
from backstay.spec import memory as spec


def resolve_budgets(memory: spec.Memory) -> tuple[Budget, ...]:
    """Every namespace's budget in bytes."""
    return tuple(_budget(name, budget) for name, budget in memory.budgets.items())


def _budget(namespace: str, budget: spec.Budget) -> Budget:
    route = ("memory", "budgets", namespace)
    return Budget(
        from_spec(namespace, *route),
        fact(budget, "total", budget.total, route),
        {pool: from_spec(size, *route, "pools", pool) for pool, size in budget.pools.items()},
        at(*route),
        maybe(budget, "gpus", budget.gpus, route),
    )


def resolve_priorities(memory: spec.Memory) -> tuple[Priority, ...]:
    """The priority classes by name."""
    route = ("memory", "priorities")
    return tuple(
        Priority(name, from_spec(value, *route, name), at(*route, name))
        for name, value in memory.priorities.items()
    )

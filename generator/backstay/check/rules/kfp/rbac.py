"""What service accounts may do, as far as Roles and bindings at hand say so."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context, Item

KINDS = frozenset({"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"})


@dataclass(frozen=True, slots=True)
class Right:
    """A verb on a resource of an API group."""

    group: str
    resource: str
    verb: str

    def __str__(self) -> str:
        """`get secrets`, `create workflowtaskresults.argoproj.io`."""
        return f"{self.verb} {self.resource}{'.' if self.group else ''}{self.group}"


@dataclass(frozen=True, slots=True)
class Grant:
    """The roles that are bound to an account in one namespace.

    `complete` says that all of them are at hand and none is filled by aggregation.
    """

    namespace: str
    roles: tuple[Item, ...]
    complete: bool

    def lacks(self, wanted: Iterable[Right]) -> list[Right]:
        """The rights that no role gives."""
        rules = [rule for role in self.roles for rule, _ in look.entries(role.value.get("rules"))]
        return [right for right in wanted if not any(_gives(rule, right) for rule in rules)]


def grants(ctx: Context, account: str) -> Iterator[Grant]:
    """What an account of that name may do, for each namespace with a RoleBinding for its own one."""
    own = {
        item.ref.namespace for item in ctx.of_kind("RoleBinding") if _binds(item, item.ref.namespace, account)
    }
    for namespace in sorted(own):
        bindings = [item for item in _bindings(ctx, namespace) if _binds(item, namespace, account)]
        roles = [_role(ctx, item, namespace) for item in bindings]
        known = tuple(role for role in roles if role is not None)
        partly = any(role.partial or "aggregationRule" in role.value for role in known)
        yield Grant(namespace, known, len(known) == len(roles) and not partly)


def _bindings(ctx: Context, namespace: str) -> Iterator[Item]:
    yield from (item for item in ctx.of_kind("RoleBinding") if item.ref.namespace == namespace)
    yield from ctx.of_kind("ClusterRoleBinding")


def _binds(item: Item, namespace: str, account: str) -> bool:
    return any(
        subject.get("kind") == "ServiceAccount"
        and subject.get("name") == account
        and subject.get("namespace") == namespace
        for subject, _ in look.entries(item.value.get("subjects"))
    )


def _role(ctx: Context, binding: Item, namespace: str) -> Item | None:
    kind, name = (look.text(look.at(binding.value, "roleRef", part)) or "" for part in ("kind", "name"))
    found = (item for item in ctx.named("ClusterRole" if kind == "ClusterRole" else "Role", name))
    return next((item for item in found if kind == "ClusterRole" or item.ref.namespace == namespace), None)


def _gives(rule: Mapping[str, object], right: Right) -> bool:
    """Whether a rule gives a right; one that is bound to names gives all but `create`, which has no name yet."""
    if right.verb == "create" and look.listing(rule.get("resourceNames")):
        return False
    pairs = (("apiGroups", right.group), ("resources", right.resource), ("verbs", right.verb))
    return all(
        value in look.listing(rule.get(key)) or "*" in look.listing(rule.get(key)) for key, value in pairs
    )

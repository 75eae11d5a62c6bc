"""DestinationRules: reading them, and choosing the one a proxy uses for a host.

istio/istio pilot/pkg/model/push_context.go destinationRule and mergeDestinationRule, sidecar.go DestinationRule. The
search goes through the proxy's namespace, the service's and the root namespace and ends at the first one that has any
rule for the host, even when that rule's workloadSelector then turns the proxy down.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from backstay.core.diagnostic import ObjectRef
from backstay.prove.istiod.journal import Journal
from backstay.prove.istiod.pool import read_pool, snake_fields, unknown_fields
from backstay.prove.istiod.shape import Struct, labels, part, struct, structs, text, texts
from backstay.prove.istiod.words import NoteKind, Proxy, Refused, age_order, identity, is_a

_NOT_MODELLED = ("load_balancer", "outlier_detection", "tls", "tunnel", "proxy_protocol", "retry_budget")


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A DestinationRule: its full host, to whom it is exported, whom it selects (None: all), and its policy or None."""

    of: ObjectRef
    host: str
    export_to: tuple[str, ...]
    selector: Mapping[str, str] | None
    policy: Struct | None

    @property
    def merge_key(self) -> object:
        """Rules of which this is equal are one rule to istiod: namespace, host and selector."""
        selector = None if self.selector is None else frozenset(self.selector.items())
        return self.of.namespace, self.host, selector

    def covers(self, host: str) -> bool:
        """Whether the rule's host is this one, or a wildcard that includes it."""
        if self.host.startswith("*"):
            return host.endswith(self.host.removeprefix("*"))
        return self.host == host

    @property
    def is_private(self) -> bool:
        """Whether it is for its own namespace alone; in the root namespace only such rules are looked at first."""
        return bool(self.export_to) and set(self.export_to) <= {".", self.of.namespace}

    def exported_to(self, namespace: str) -> bool:
        """Whether proxies of another namespace may use it."""
        named = {self.of.namespace if each == "." else each for each in self.export_to}
        return not named or bool(named & {"*", namespace})


def read_rules(objects: Iterable[Struct], proxy: Proxy, domain: str, journal: Journal) -> list[Rule]:
    """The rules the webhook lets through, oldest first, those for one host and selector in a namespace made one."""
    values = sorted((value for value in objects if is_a(value, "DestinationRule")), key=age_order)
    found: dict[object, Rule] = {}
    for value in values:
        if not _admitted(value, proxy, journal):
            continue
        rule = _rule(value, domain)
        known = found.get(rule.merge_key)
        found[rule.merge_key] = rule if known is None else _joined(known, rule, journal)
    return list(found.values())


def choose(
    rules: list[Rule], host: str, service_namespace: str, proxy: Proxy, *, outbound: bool
) -> Rule | None:
    """The rule a proxy uses for a host; None when there is none. Selectors count for outbound clusters only."""
    for candidates in _by_namespace(rules, service_namespace, proxy):
        fitting = _most_specific([rule for rule in candidates if rule.covers(host)])
        if fitting:
            return _pick(fitting, proxy, outbound=outbound)
    return None


def policy_for(rule: Rule, port: int) -> Struct:
    """The rule's policy on a service port: an entry in portLevelSettings replaces the rest, it does not add to it."""
    policy = rule.policy or {}
    for entry in structs(policy, "port_level_settings"):
        if part(struct(entry, "port"), "number") == port:
            return entry
    return policy


def _admitted(value: Struct, proxy: Proxy, journal: Journal) -> bool:
    policy = struct(value, "spec", "traffic_policy")
    subsets = [struct(subset, "traffic_policy") for subset in structs(value, "spec", "subsets")]
    policies = [
        each for outer in (policy, *subsets) for each in (outer, *structs(outer, "port_level_settings"))
    ]
    try:
        for each in policies:
            read_pool(struct(each, "connection_pool"), proxy.release)
    except Refused as why:
        journal.say(NoteKind.REFUSED, identity(value), "spec.trafficPolicy", str(why))
        return False
    for each in policies:
        _tell_fields(struct(each, "connection_pool"), identity(value), proxy, journal)
    _tell_unmodelled(value, policies, journal)
    return True


def _tell_fields(block: Struct, of: ObjectRef, proxy: Proxy, journal: Journal) -> None:
    for field in unknown_fields(block, proxy.release):
        told = f"`{field}` is not a field in Istio {proxy.istio_version}"
        journal.say(NoteKind.DROPPED, of, "spec.trafficPolicy", told)
    for field in snake_fields(block):
        told = f"`{field}` is read by istiod in this spelling, but an API server prunes it"
        journal.say(NoteKind.DROPPED, of, "spec.trafficPolicy", told)


def _tell_unmodelled(value: Struct, policies: list[Struct], journal: Journal) -> None:
    for name in _NOT_MODELLED:
        if any(part(policy, name) is not None for policy in policies):
            journal.say(
                NoteKind.UNMODELLED, identity(value), "spec.trafficPolicy", f"{name} is not worked out here"
            )
    if structs(value, "spec", "subsets"):
        journal.say(
            NoteKind.UNMODELLED, identity(value), "spec.subsets", "the clusters of subsets are not made here"
        )


def _rule(value: Struct, domain: str) -> Rule:
    of, spec = identity(value), struct(value, "spec")
    host = text(spec, "host")
    selected = part(spec, "workload_selector") is not None
    return Rule(
        of,
        host if "." in host or host.startswith("*") else f"{host}.{of.namespace}.svc.{domain}",
        tuple(texts(spec, "export_to")),
        labels(spec, "workload_selector", "match_labels") if selected else None,
        struct(spec, "traffic_policy") if part(spec, "traffic_policy") is not None else None,
    )


def _joined(first: Rule, later: Rule, journal: Journal) -> Rule:
    """Two rules for one host: the older one counts; only a policy that it lacks is taken from the other."""
    if first.policy is None and later.policy is not None:
        journal.met(later.of, "")
        return replace(first, policy=later.policy)
    told = f"{first.of} is for the same host in the same namespace and comes first"
    journal.say(NoteKind.SHADOWED, later.of, "", told)
    return first


def _by_namespace(rules: list[Rule], service_namespace: str, proxy: Proxy) -> list[list[Rule]]:
    home, root = proxy.namespace, proxy.root_namespace
    own = [rule for rule in rules if rule.of.namespace == home and (home != root or rule.is_private)]
    exported = [rule for rule in rules if rule.exported_to(home)]
    return [
        own,
        *([rule for rule in exported if rule.of.namespace == each] for each in (service_namespace, root)),
    ]


def _most_specific(rules: list[Rule]) -> list[Rule]:
    """The rules with the best host: exact before wildcard, then the longest."""
    best = max(((not rule.host.startswith("*"), len(rule.host)) for rule in rules), default=None)
    return [rule for rule in rules if (not rule.host.startswith("*"), len(rule.host)) == best]


def _pick(rules: list[Rule], proxy: Proxy, *, outbound: bool) -> Rule | None:
    for rule in rules:
        mine = rule.selector is not None and rule.of.namespace == proxy.namespace
        if outbound and mine and proxy.wears(rule.selector or {}):
            return rule
    return next((rule for rule in reversed(rules) if rule.selector is None), None)

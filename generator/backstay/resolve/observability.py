"""The observability section: windows, patience and thresholds out of the numbers that keep the calls alive.

Sources: prometheus docs querying/functions (increase() needs two samples in its window), envoy
api/envoy/config/cluster/v3/circuit_breaker.proto (RetryBudget.budget_percent, 20 by default).
"""

from collections.abc import Iterator, Mapping

from backstay.core.fact import Fact, from_preset, from_spec, join
from backstay.core.place import at
from backstay.core.units import show_duration
from backstay.model.derivation import Bound, Derivation
from backstay.model.hop import Pinger, Refresh
from backstay.model.jobs import Jobs
from backstay.model.network import Call, Network, Protocol
from backstay.model.observability import Observability, Part, Vantage, Watch
from backstay.resolve.facts import fact
from backstay.resolve.jobs.watch import resolve_watches
from backstay.spec import observability as spec

_ROUTE = ("observability",)
SCRAPES = 4
"""Scrapes in a window: two make an increase, and one more on each side may be late or lost."""
RETRY_BUDGET = from_preset(20, "envoy RetryBudget", "percent of the requests in flight that may be retries")


def resolve_observability(
    stated: spec.Observability, network: Network, jobs: Jobs
) -> tuple[Observability, dict[str, Derivation]]:
    """What watches calls and jobs, and the derivations of its numbers."""
    numbers: dict[str, Derivation] = {}
    scrape = fact(stated, "scrape_interval", stated.scrape_interval, _ROUTE)
    watches = tuple(
        _watch(name, vantage, seen, scrape, numbers)
        for (name, vantage), seen in sorted(_seen(network).items())
    )
    labels = {key: from_spec(value, *_ROUTE, "ruleLabels", key) for key, value in stated.rule_labels.items()}
    namespace = fact(stated, "namespace", stated.namespace, _ROUTE)
    parts = frozenset(Part(part) for part in stated.parts)
    of_jobs, more = resolve_watches(jobs, scrape)
    return Observability(namespace, parts, labels, watches, at(*_ROUTE), of_jobs), numbers | more


def _seen(network: Network) -> Mapping[tuple[str, Vantage], tuple[Call, ...]]:
    found: dict[tuple[str, Vantage], tuple[Call, ...]] = {}
    for call in network.calls:
        key = (call.service.name, _vantage(call))
        found[key] = (*found.get(key, ()), call)
    return found


def _vantage(call: Call) -> Vantage:
    if call.client.sidecar:
        return Vantage.CALLER
    return Vantage.SERVER if call.service.sidecar else Vantage.KERNEL


def _watch(name: str, vantage: Vantage, calls: tuple[Call, ...], scrape: Fact[int],
           numbers: dict[str, Derivation]) -> Watch:  # fmt: skip
    stem = f"alert/{name}/{vantage.value}"
    window = _smallest(f"{stem}/window", (*_rounds(calls), _scrapes(scrape)))
    patience = _smallest(f"{stem}/patience", (*_detections(calls), _longer_than(window)))
    numbers |= {window.id: window, patience.id: patience}
    service = calls[0].service
    share = _unavailable(calls) if service.protocol is Protocol.GRPC else None
    return Watch(service, vantage, calls, window.fact, patience.fact, share)


def _smallest(id_: str, bounds: tuple[Bound, ...]) -> Derivation:
    return Derivation(id_, max(b.limit for b in bounds), "ms", bounds, "the smallest that every bound allows")


def _rounds(calls: tuple[Call, ...]) -> Iterator[Bound]:
    for pinger in dict.fromkeys(_pingers(calls)):
        limit = _whole_seconds(pinger.notices_in)
        more = f", with {pinger.jitter} % jitter" if pinger.jitter else ""
        yield Bound(
            "window-holds-a-keepalive-round", ">=", limit,
            f"a ping each {show_duration(pinger.interval.value)}{more}, and {show_duration(pinger.timeout.value)} until "
            f"it counts as unanswered: what happens once a round is seen in every window", "MSH004",
            (*pinger.interval.origins, *pinger.timeout.origins),
        )  # fmt: skip


def _pingers(calls: tuple[Call, ...]) -> list[Pinger]:
    """Who pings where the calls cross the network; TCP probes only where nothing better does."""
    found = [pinger for call in calls for hop in call.crossings for pinger in hop.pingers]
    return [pinger for pinger in found if pinger.how is Refresh.HTTP2_PING] or found


def _scrapes(scrape: Fact[int]) -> Bound:
    return Bound(
        "window-holds-scrapes", ">=", _whole_seconds(SCRAPES * scrape.value),
        f"{SCRAPES} scrapes, one each {show_duration(scrape.value)}: an increase takes two, and some come late", "",
        (*scrape.origins, *from_preset(0, "prometheus increase()", "takes two samples in its window").origins),
    )  # fmt: skip


def _detections(calls: tuple[Call, ...]) -> Iterator[Bound]:
    for call in calls:
        if call.detect is not None:
            yield Bound(
                "patience-spares-detection", ">=", _whole_seconds(call.detect.value),
                f"a dead peer may take {show_duration(call.detect.value)} to be noticed: until then it is no fault",
                "MSH004", call.detect.origins,
            )  # fmt: skip


def _longer_than(window: Derivation) -> Bound:
    return Bound(
        "patience-outlasts-a-lone-event", ">=", window.value,
        f"one event alone is seen for less than the window of {show_duration(window.value)}", "", window.fact.origins,
    )  # fmt: skip


def _unavailable(calls: tuple[Call, ...]) -> Fact[int]:
    """Percent of calls that may fail: as many as retries can cover, and none where no retry is allowed."""
    bare = tuple(call.idempotent for call in calls if not call.idempotent.value)
    if bare:
        return join(0, *bare)
    return join(RETRY_BUDGET.value, RETRY_BUDGET, *(call.idempotent for call in calls))


def _whole_seconds(ms: int) -> int:
    return -(-ms // 1000) * 1000

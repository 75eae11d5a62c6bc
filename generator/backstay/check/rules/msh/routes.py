"""VirtualService routes as rules see them: where they lead, their timeout, and what is retried how often."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rules.msh import envoy, pools
from backstay.core.route import Route
from backstay.upstream.istio import RETRIES, RETRY_BASE_MS, RETRY_ON

_MESH = "mesh"
_NOTHING: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a route leads: the full host name, the port and the subset, each None where the route names none."""

    host: str
    port: int | None
    subset: str | None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """What is tried again. `value` None: nobody says anything, and Istio's own defaults apply."""

    value: Mapping[str, object] | None

    def get(self, name: str) -> object:
        """A field of the policy; None when it is not there."""
        return (self.value or _NOTHING).get(name)

    @property
    def attempts(self) -> int:
        """How often a request is tried again: the first try does not count."""
        found = RETRIES if self.value is None else self.get("attempts")
        return found if isinstance(found, int) else 0

    @property
    def retry_on(self) -> tuple[str, ...]:
        """What is retried, word by word."""
        words = look.text(self.get("retryOn"))
        return tuple(words.split(",")) if words else RETRY_ON

    @property
    def per_try(self) -> float | None:
        """What a try may take, in milliseconds; None when it may take all of the route's timeout."""
        return envoy.milliseconds(self.get("perTryTimeout"))

    @property
    def base(self) -> float:
        """The longest wait before the first retry, in milliseconds."""
        return envoy.milliseconds(self.get("backoff")) or RETRY_BASE_MS


@dataclass(frozen=True, slots=True)
class HttpRoute:
    """One entry of a VirtualService's `http`. `retries` is its own policy where `states_retries`."""

    item: Item
    value: Mapping[str, object]
    route: Route
    retries: RetryPolicy
    states_retries: bool

    @property
    def timeout(self) -> float:
        """Milliseconds; 0: none."""
        return envoy.milliseconds(self.value.get("timeout")) or 0

    @property
    def retries_route(self) -> Route:
        """Where `retries` stands, or would."""
        return (*self.route, "retries")

    @property
    def by_sidecars(self) -> bool:
        """Whether callers' sidecars follow the route, not gateways alone."""
        gateways = look.listing(look.at(self.item.value, "spec", "gateways"))
        return not gateways or _MESH in gateways

    @property
    def destinations(self) -> Iterator[Destination]:
        """Where the route leads."""
        for to, _ in look.entries(self.value.get("route")):
            host = look.text(look.at(to, "destination", "host"))
            port = look.at(to, "destination", "port", "number")
            if host:
                yield Destination(
                    pools.full_host(host, self.item.ref.namespace),
                    port if isinstance(port, int) else None,
                    look.text(look.at(to, "destination", "subset")),
                )


def http_routes(ctx: Context) -> Iterator[HttpRoute]:
    """Every route of every VirtualService. A policy of its own takes nothing from the mesh-wide one."""
    otherwise = unwritten(ctx)
    for item in ctx.of_kind("VirtualService"):
        for http, route in look.entries(look.at(item.value, "spec", "http"), ("spec", "http")):
            own = isinstance(http.get("retries"), Mapping)
            policy = RetryPolicy(look.mapping(http.get("retries"))) if own else otherwise
            yield HttpRoute(item, http, route, policy, own)


def to_host(ctx: Context, host: str) -> list[HttpRoute]:
    """The routes to a host that callers' sidecars follow."""
    return ctx.once("http routes by host", lambda: _by_host(ctx)).get(host, [])


def _by_host(ctx: Context) -> dict[str, list[HttpRoute]]:
    found: dict[str, list[HttpRoute]] = {}
    for route in http_routes(ctx):
        for host in dict.fromkeys(to.host for to in route.destinations) if route.by_sidecars else ():
            found.setdefault(host, []).append(route)
    return found


def unwritten(ctx: Context) -> RetryPolicy:
    """The policy of routes that state none: the mesh-wide one where it is at hand, else Istio's own."""
    found = mesh_config(ctx).get("defaultHttpRetryPolicy")
    return RetryPolicy(look.mapping(found) if isinstance(found, Mapping) else None)


def mesh_config(ctx: Context) -> Mapping[str, object]:
    """The mesh-wide configuration; empty when it is not at hand."""
    item = look.config_map(ctx, envoy.root_namespace(ctx), "istio")
    return look.mapping(ctx.nested(look.data(item).get("mesh"))) if item else _NOTHING

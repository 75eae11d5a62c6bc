"""The model that specs compile to, rebuilt from manifests and what a context states about the rest.

Boxes, silence and budgets come from the context; ports, labels, sidecars, keepalive and arguments from the objects.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from backstay.audit.context import Stated
from backstay.audit.injection import has_sidecar, is_ambient
from backstay.audit.objects import Objects
from backstay.audit.observed import Observer
from backstay.audit.versions import Versions
from backstay.check import look
from backstay.check.context import Context, Item
from backstay.check.rules.kfp import install
from backstay.core.diagnostic import Diagnostic
from backstay.model.cluster import NO_CALLERS, Cluster
from backstay.model.gateway import Gateway
from backstay.model.network import Call, Client, Knobs, Network, Service
from backstay.resolve import endpoints
from backstay.resolve.cluster import resolve
from backstay.resolve.network import stated_calls
from backstay.resolve.pingers import with_pingers
from backstay.resolve.platform import Platform, resolve_platform
from backstay.spec import cluster as spec
from backstay.spec.parse import parse

Made = tuple[Cluster | None, list[Diagnostic]]
_CONFIG = "istio"
_KEYS = {"training_operator": "trainingOperator"}
"""What a spec calls systems that the catalog calls otherwise."""


def model(stated: Stated, objects: Objects, context: Context, versions: Versions) -> Made:
    """The model, and what is wrong with the context; None where something is, or nobody knows which Kubernetes runs."""
    if "kubernetes" not in versions.lines:
        return None, []
    typed, findings = parse(_value(stated, context, versions))
    if typed is None:
        return None, findings
    cluster, findings = resolve(typed)
    if cluster is None:
        return None, findings
    platform = resolve_platform(typed.platform)
    network = _network(typed, platform, Observer(objects, context, _root(cluster)))
    bare = replace(
        cluster,
        network=network,
        callers=NO_CALLERS,
        conflicts=(),
        derivations={},
        shutdowns=(),
        observed=True,
    )
    return bare, findings


def _value(stated: Stated, context: Context, versions: Versions) -> dict[str, object]:
    """A spec of the context's sections, with the platform and the services as objects show them."""
    network = look.mapping(stated.sections.get("network"))
    services = network.get("services")
    if isinstance(services, dict):
        shown = {name: _service(value, context) for name, value in services.items()}
        network = {**network, "services": shown}
    head = {"apiVersion": "backstay.dev/v1alpha1", "kind": "Cluster", "metadata": {"name": "audited"}}
    sections = {key: value for key, value in stated.sections.items() if key != "network"}
    return {**head, "platform": _platform(context, versions), **sections, "network": network}


def _platform(context: Context, versions: Versions) -> dict[str, object]:
    known = versions.exact
    found: dict[str, object] = {
        _KEYS.get(name, name): known[name] for name in versions.lines if name not in {"istio", "pipelines"}
    }
    if "istio" in versions.lines:
        found["istio"] = {
            "version": known["istio"],
            "dataPlane": "ambient" if is_ambient(context) else "sidecar",
        }
        found["istio"] |= _keepalive(context)  # type: ignore[operator]  # a mapping two lines above
    if "pipelines" in versions.lines:
        home = min(install.namespaces(context))
        found["pipelines"] = {
            "version": known["pipelines"],
            "namespace": home,
            "multiUser": install.multi_user(context),
        }
        sidecars = has_sidecar(context, home, {})
        found["pipelines"] |= {} if sidecars is None else {"sidecars": sidecars}  # type: ignore[operator]  # as above
    return found


def mesh_config(context: Context) -> Item | None:
    """The ConfigMap with the mesh's own configuration."""
    return next(context.named("ConfigMap", _CONFIG), None)


def _keepalive(context: Context) -> dict[str, object]:
    """`meshConfig.tcpKeepalive` as a spec's platform has it."""
    config = mesh_config(context)
    value = (
        look.mapping(look.at(context.nested(look.data(config).get("mesh")), "tcpKeepalive")) if config else {}
    )
    kept = {key: value[key] for key in ("time", "interval", "probes") if key in value}
    return {"tcpKeepalive": kept} if "time" in kept else {}


def _service(value: object, context: Context) -> object:
    """A stated service with what its Service object and its pods show."""
    host = look.text(look.at(value, "host")) or ""
    item = service_object(context, host)
    if not isinstance(value, dict) or item is None:
        return value
    return {**dict(_shown(value, item, context)), **value}


def service_object(context: Context, host: str) -> Item | None:
    """The Service behind a cluster-local host name."""
    name, _, rest = host.partition(".")
    namespace = rest.partition(".")[0]
    return next((item for item in context.named("Service", name) if item.ref.namespace == namespace), None)


def _shown(value: Mapping[str, object], item: Item, context: Context) -> Iterator[tuple[str, object]]:
    ports = [port for port, _ in look.entries(look.at(item.value, "spec", "ports"))]
    port = next((port for port in ports if port.get("port") == value.get("port")), None)
    name = look.text(port.get("appProtocol")) or look.text(port.get("name")) if port else None
    if name:
        yield "portName", name
    selector = look.mapping(look.at(item.value, "spec", "selector"))
    if selector and all(isinstance(label, str) for label in selector.values()):
        yield "labels", dict(selector)
    sidecar = has_sidecar(context, item.ref.namespace, selector)
    if sidecar is not None:
        yield "sidecar", sidecar


def _root(cluster: Cluster) -> str:
    return cluster.mesh.root_namespace.value if cluster.mesh else "istio-system"


def _network(typed: spec.Cluster, platform: Platform, observer: Observer) -> Network:
    """The calls with whoever pings on them as manifests have it, in place of what would be solved."""
    calls = stated_calls(typed.network, platform, (), [])
    services: dict[str, Service] = {call.service.name: call.service for call in calls}
    for name, stated in typed.network.services.items():
        if name not in services and (idle := endpoints.service(name, stated, platform, [])):
            services[name] = idle
    knobs = {
        name: observer.knobs(
            service,
            tuple(call for call in calls if call.service.name == name),
            typed.network.overrides.get(name),
        )
        for name, service in sorted(services.items())
    }
    passed = {hop.acceptor.id: hop.acceptor for call in calls for hop in call.hops if hop.acceptor}
    turned = tuple(
        observer.timers.gateway(gateway, _clients(gateway, calls)) for _, gateway in sorted(passed.items())
    )
    done = tuple(with_pingers(call, _for(call, knobs, observer), turned) for call in calls)
    return Network(tuple(one.service for one in knobs.values()), done, tuple(knobs.values()), gateways=turned)


def _clients(gateway: Gateway, calls: tuple[Call, ...]) -> tuple[Client, ...]:
    """The callers whose sidecars go to a gateway."""
    found = {
        call.client.name: call.client for call in calls for hop in call.hops
        if hop.acceptor and hop.acceptor.id == gateway.id and hop.sender_proxy
    }  # fmt: skip
    return tuple(found.values())


def _for(call: Call, knobs: Mapping[str, Knobs], observer: Observer) -> Knobs:
    """The knobs of a call's service; where a gateway opens the connection to it, the gateway's cluster counts."""
    known = knobs[call.service.name]
    opener = next((hop.opener for hop in call.hops if hop.opener and call.calls_service(hop)), None)
    if opener is None:
        return known
    return replace(known, upstream=observer.through(opener, known.service))

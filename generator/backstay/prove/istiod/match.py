"""Whether a patch's match fits a listener, a filter chain, a filter, a cluster or a route.

istio/istio pilot/pkg/networking/core/envoyfilter: listener_patch.go, cluster_patch.go. An absent match fits anything,
and so does an absent part of one.
"""

from backstay.prove.istiod.envoy_filter import ApplyTo, Patch
from backstay.prove.istiod.shape import Struct, number, part, struct, structs, text, texts

VIRTUAL_INBOUND = "virtualInbound"
VIRTUAL_OUTBOUND = "virtualOutbound"
_VIRTUAL = frozenset({VIRTUAL_INBOUND, VIRTUAL_OUTBOUND})


def fits_listener(listener: Struct, patch: Patch) -> bool:
    """The listener's name and port.

    All inbound traffic shares `virtualInbound`, so below the listener itself the port is the filter chain's affair.
    """
    name, port = text(patch.listener, "name"), number(patch.listener, "port_number")
    if name not in ("", text(listener, "name")):
        return False
    if text(listener, "name") in _VIRTUAL and patch.apply_to is not ApplyTo.LISTENER:
        return True
    return port in (0, number(listener, "address", "socket_address", "port_value"))


def fits_chain(listener: Struct, chain: Struct, patch: Patch) -> bool:
    """The chain's name, SNI, protocols and destination port; on the virtual listeners `portNumber` is the latter."""
    port, wanted = number(patch.listener, "port_number"), struct(patch.listener, "filter_chain")
    criteria = struct(chain, "filter_chain_match")
    destination = number(criteria, "destination_port")
    if text(listener, "name") in _VIRTUAL and port not in (0, destination):
        return False
    return (
        text(wanted, "name") in ("", text(chain, "name"))
        and text(wanted, "sni") in ("", *texts(criteria, "server_names"))
        and text(wanted, "transport_protocol") in ("", text(criteria, "transport_protocol"))
        and _fits_protocols(text(wanted, "application_protocols"), texts(criteria, "application_protocols"))
        and number(wanted, "destination_port") in (0, destination)
    )


def _fits_protocols(wanted: str, offered: list[str]) -> bool:
    return not wanted or set(wanted.split(",")) <= set(offered)


def network_filter(patch: Patch) -> str | None:
    """The name of the network filter wanted; None when any will do."""
    wanted = part(struct(patch.listener, "filter_chain"), "filter")
    return None if wanted is None else text(wanted, "name")


def http_filter(patch: Patch) -> str | None:
    """The name of the HTTP filter wanted; None when any will do."""
    wanted = part(struct(patch.listener, "filter_chain", "filter"), "sub_filter")
    return None if wanted is None else text(wanted, "name")


def listener_filter(patch: Patch) -> str | None:
    """The name of the listener filter wanted; None when any will do."""
    return text(patch.listener, "listener_filter") or None


def fits_name(wanted: str | None, item: Struct) -> bool:
    """Whether the filter is the one wanted, or any is."""
    return wanted is None or wanted == text(item, "name")


def fits_cluster(cluster: Struct, patch: Patch) -> bool:
    """The cluster's name alone when the match has one, otherwise its host, subset and port.

    The host is compared as a whole: a short service name fits nothing. An inbound cluster's name has no host, so the
    services it was made for stand in, and its port is the pod's.
    """
    wanted, name = struct(patch.match, "cluster"), text(cluster, "name")
    if text(wanted, "name"):
        return text(wanted, "name") == name
    direction, port, subset, host = subset_key(name)
    hosts = inbound_hosts(cluster) if direction == "inbound" else []
    return (
        text(wanted, "subset") in ("", subset)
        and text(wanted, "service") in ("", *(hosts or [host]))
        and number(wanted, "port_number") in (0, port)
    )


def subset_key(name: str) -> tuple[str, int, str, str]:
    """Direction, port, subset and host of a cluster or route name `outbound|9000|v1|host`; else empty and 0."""
    parts = name.split("|")
    if len(parts) != 4 or not parts[1].isdigit():  # noqa: PLR2004 - the four parts of the docstring
        return "", 0, "", ""
    return parts[0], int(parts[1]), parts[2], parts[3]


def services_of(cluster: Struct) -> list[Struct]:
    """The services a cluster was made for, as istiod notes them in its metadata: `host`, `name`, `namespace`."""
    return structs(cluster, "metadata", "filter_metadata", "istio", "services")


def inbound_hosts(cluster: Struct) -> list[str]:
    """The host names of the services behind an inbound cluster."""
    return [text(service, "host") for service in services_of(cluster)]

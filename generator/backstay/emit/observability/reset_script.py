"""A bpftrace script that records the resets on the declared ports, to be run on a node by hand.

Sources: linux include/trace/events/tcp.h (tcp_send_reset, tcp_receive_reset: sport and dport in host order, IPv4
addresses mapped into the IPv6 fields), bpftrace man page.
"""

from collections.abc import Iterator

from backstay.core.fact import join
from backstay.core.manifest import SCRIPT, Manifest, Role
from backstay.emit.observability.ports import declared
from backstay.emit.observability.words import callers
from backstay.emit.parts import fixed
from backstay.model.cluster import Cluster
from backstay.model.observability import Part
from backstay.text.script import fill

SOURCE = "linux include/trace/events/tcp.h"
FILE = "bundle/observability/resets.bt"


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One for the cluster, where a call is declared."""
    watching = cluster.observability
    if watching is None or not watching.has(Part.BPFTRACE):
        return
    ports = declared(watching)
    if ports:
        told = [{"number": port.number.value, "callers": callers(port.calls)} for port in ports]
        text = fill("resets.bt", cluster=cluster.name, ports=told)
        body = {SCRIPT: join(text, *(port.number for port in ports))}
        yield Manifest(FILE, Role.BUNDLE, body, fixed(SOURCE))

"""Tetragon TracingPolicy: records resets on a declared port, sent and received, with process and stacks.

A received reset is handled while some process happens to run, so its process may be a bystander; the socket is
right. Resets that the kernel sends for packets without a socket are left to the bpftrace script.
Sources: cilium/tetragon docs concepts/tracing-policy/selectors (DPort, SPort, kernelStackTrace), linux
net/ipv4/tcp_output.c tcp_send_active_reset and net/ipv4/tcp_input.c tcp_reset (the socket comes first).
"""

from collections.abc import Iterator

from backstay.core.fact import Fact
from backstay.core.manifest import Manifest
from backstay.emit.observability.ports import declared
from backstay.emit.observability.series import policy_name
from backstay.emit.parts import Body, new_object
from backstay.model.cluster import Cluster
from backstay.model.observability import Part

SOURCE = "cilium/tetragon docs/content/en/docs/concepts/tracing-policy/selectors.md"
_HOOKS = ("tcp_send_active_reset", "tcp_reset")
_STACKS: Body = {"action": "Post", "kernelStackTrace": True, "userStackTrace": True}


def emit(cluster: Cluster) -> Iterator[Manifest]:
    """One for each declared port, so that what it counts can be told apart."""
    watching = cluster.observability
    if watching is None or not watching.has(Part.TETRAGON):
        return
    for port in declared(watching):
        spec = {"kprobes": [_probe(hook, port.number) for hook in _HOOKS]}
        name = policy_name(port.number.value)
        yield new_object("observability", "cilium.io/v1alpha1", "TracingPolicy", name, "", SOURCE, spec=spec)


def _probe(hook: str, port: Fact[int]) -> Body:
    return {
        "call": hook,
        "syscall": False,
        "args": [{"index": 0, "type": "sock"}],
        "selectors": [_selector(operator, port) for operator in ("DPort", "SPort")],
    }


def _selector(operator: str, port: Fact[int]) -> Body:
    match: Body = {"index": 0, "operator": operator, "values": [port.to(str)]}
    return {"matchArgs": [match], "matchActions": [_STACKS]}

"""Measure the solver: a cluster with 200 calls, all promises kept, and with promises that exclude each other.

    python bench/solve.py [--calls 200] [--rounds 5]

Prints a row a measure: the median of CPU milliseconds in this process, of which `without search` is everything from the
typed spec to the model, and the rows below it what conflicts add. Timings are for reading, never for tests.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING

from backstay.resolve.cluster import resolve
from backstay.spec.parse import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

PER_SERVICE = 5


def cluster(calls: int, changes: Mapping[str, Mapping[str, str]]) -> dict[str, object]:
    """A spec in which five callers call each service over one firewall; `changes` are of services, by name."""
    services = {
        f"s{number:03}": {
            "host": f"s{number:03}.prod.svc.cluster.local", "port": 8443, "protocol": "grpc", "runtime": "go",
            "sidecar": False, "minPingInterval": "30s", "permitPingsWithoutCalls": True,
        } | dict(changes.get(f"s{number:03}", {}))
        for number in range(calls // PER_SERVICE)
    }  # fmt: skip
    return {
        "apiVersion": "backstay.dev/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": "bench"},
        "platform": {"kubernetes": "1.36", "istio": {"version": "1.31"}},
        "network": {
            "boxes": {"fw": {"preset": "firewall", "idle": "300s"}},
            "services": services,
            "calls": [
                {"from": f"c{number % 17}", "to": name, "via": ["fw"], "silentFor": "1h", "detectDeadPeerIn": "5m",
                 "deadline": "10s", "idempotent": True}
                for name in services
                for number in range(PER_SERVICE)
            ],
        },
        "retries": {"maxAttempts": 12, "calls": {"attempts": 3}},
    }  # fmt: skip


def measure(spec: Mapping[str, object], rounds: int) -> tuple[float, int]:
    """CPU milliseconds from the typed spec to the model, and how many conflicts were told."""
    typed, findings = parse(spec)
    if typed is None:
        raise SystemExit(str(findings))
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        model, _ = resolve(typed)
        taken.append((time.process_time() - start) * 1000)
    return statistics.median(taken), len(model.conflicts) if model else 0


def main() -> None:
    """Run every measure."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--calls", type=int, default=200)
    asked.add_argument("--rounds", type=int, default=5)
    wanted = asked.parse_args()
    strict = {"minPingInterval": "5m"}
    cases = {
        "without search": {},
        "one service in conflict": {"s007": strict},
        "ten services in conflict with one box": {f"s{number:03}": strict for number in range(0, 40, 4)},
        "every service in conflict with one box": {f"s{number:03}": strict for number in range(wanted.calls)},
    }
    for title, changes in cases.items():
        took, conflicts = measure(cluster(wanted.calls, changes), wanted.rounds)
        print(f"{wanted.calls} calls, {title:40} {took:8.1f} CPU ms  {conflicts:4} conflicts")


if __name__ == "__main__":
    main()

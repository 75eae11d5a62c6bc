"""Measure what an object costs under the policies that ship, in the engine and in Python, by CPU time.

    python bench/cue.py [--objects 100000]

Objects keep the policies, as most do: what is wrong with one costs about three times as much. Every object is of a kind
that has policies, a Deployment of seven.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

from backstay.check.context import Item
from backstay.check.cue.build import built
from backstay.check.cue.door import Text
from backstay.check.cue.judge import Judge
from backstay.check.cue.process import running
from backstay.core.manifest import ref_of
from backstay.core.place import Place

REPO = Path(__file__).resolve().parents[1]
TEMPLATE = {
    "metadata": {"labels": {"app": "api"}},
    "spec": {
        "serviceAccountName": "api",
        "securityContext": {"runAsNonRoot": True},
        "containers": [{
            "name": "api", "image": "registry.example/team/api:1.4.2", "args": ["--listen=:8080", "--log=info"],
            "env": [{"name": "LEVEL", "value": "info"},
                    {"name": "DATABASE", "valueFrom": {"secretKeyRef": {"name": "api", "key": "database"}}}],
            "ports": [{"name": "http", "containerPort": 8080}],
            "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
            "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
        }],
    },
}  # fmt: skip
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("apps/v1", "Deployment"): {"spec": {"replicas": 3, "template": TEMPLATE}},
    ("batch/v1", "Job"): {"spec": {"activeDeadlineSeconds": 3600, "template": TEMPLATE}},
    ("networking.istio.io/v1", "VirtualService"): {
        "spec": {"hosts": ["api"], "http": [{"route": [{"destination": {"host": "api"}}], "retries": {"attempts": 2}}]}
    },
    ("networking.istio.io/v1", "DestinationRule"): {
        "spec": {"host": "api", "trafficPolicy": {"connectionPool": {"tcp": {"tcpKeepalive": {"time": "60s"}}}}}
    },
    ("rbac.authorization.k8s.io/v1", "Role"): {
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]
    },
}  # fmt: skip


def items(count: int) -> list[Item]:
    """Objects of each kind in turn."""
    kinds = list(BODIES.items())
    made = []
    for number in range(count):
        (version, kind), body = kinds[number % len(kinds)]
        metadata = {
            "name": f"api-{number}",
            "namespace": "team",
            "labels": {"app.kubernetes.io/managed-by": "team"},
        }
        value = {"apiVersion": version, "kind": kind, "metadata": metadata, **body}
        made.append(Item(ref_of(value), value, False, "objects.yaml", lambda _route: Place()))  # noqa: FBT003
    return made


def spent(pid: int) -> float:
    """CPU seconds of a process so far (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mib(pid: int) -> float:
    """The most resident memory of a process so far."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def main() -> None:
    """Hold the objects against the policies, a thousand at a time."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--objects", type=int, default=100_000)
    count = asked.parse_args().objects
    program = built(sys.stderr.write)
    started = time.perf_counter()
    running(program).close()
    print(f"start of the engine: {(time.perf_counter() - started) * 1000:.0f} ms")
    files = sorted((REPO / "policies").glob("*.cue"))
    judge = Judge(program, tuple(Text(f"policies/{path.name}", path.read_text()) for path in files))
    pid = judge._process.pid  # noqa: SLF001 - nobody else has a use for it
    thousand, engine, python = items(1000), spent(pid), time.process_time()
    for done in range(0, count, len(thousand)):
        if found := list(judge.judge(thousand)):
            raise SystemExit(f"the objects are to keep the policies: {found[0].message}")
        if done % (count // 5) == 0:
            print(f"after {done + len(thousand):6} objects: {peak_mib(pid):.1f} MiB")
    engine, python = (spent(pid) - engine) / count, (time.process_time() - python) / count
    print(f"{engine * 1e6:.0f} µs an object in the engine, {python * 1e6:.0f} µs in Python")


if __name__ == "__main__":
    main()

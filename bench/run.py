"""Measure the compiler as users run it: whole processes, every check, validation and provenance on.

    python bench/run.py [--clusters 1000] [--rounds 3] [--only NAME]

Prints a row a measure: the median over the rounds of CPU seconds (user + system, the operating system's own
accounting of the finished process), what that is per second, and the largest peak memory. Output goes to a folder
on tmpfs where there is one, so that the disk is not what is measured. Timings are for reading, never for tests.
"""

from __future__ import annotations

import argparse
import atexit
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from manifests import applications, as_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPO = Path(__file__).resolve().parents[1]
MEMORY = "/dev/shm"  # noqa: S108 - a fresh folder is made below it
SIX_OBJECTS = """\
apiVersion: backstay.dev/v1alpha1
kind: Cluster
metadata: {{name: {name}}}
platform: {{kubernetes: "1.36", istio: {{version: "1.31"}}}}
network:
  boxes: {{fw: {{preset: firewall, idle: 300s}}}}
  services:
    a: {{host: a.{name}.svc.cluster.local, port: 9000, portName: grpc, protocol: grpc, runtime: core, labels: {{app: a}}}}
    b: {{host: b.{name}.svc.cluster.local, port: 9000, portName: grpc, protocol: grpc, runtime: core, labels: {{app: b}}}}
    c: {{host: c.{name}.svc.cluster.local, port: 9000, portName: grpc, protocol: grpc, runtime: core, labels: {{app: c}}}}
  calls:
    - {{from: web, to: a, via: [fw], silentFor: 1h, detectDeadPeerIn: 2m}}
    - {{from: web, to: b, via: [fw], silentFor: 20m}}
    - {{from: web, to: c, via: [fw], silentFor: 30m}}
"""


@dataclass(frozen=True)
class Measured:
    """One process: CPU seconds, wall-clock is not kept; peak resident memory in MiB."""

    cpu_s: float
    peak_mib: float


def measure(arguments: list[str], folder: Path, expect: tuple[int, ...] = (0,)) -> Measured:
    """Run backstay in a folder and account for it."""
    command = [sys.executable, "-m", "backstay", *arguments]
    child = subprocess.Popen(
        command, cwd=folder, env=_compiled_once(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in expect:
        raise SystemExit(f"backstay {' '.join(arguments)} exited {child.returncode}")
    return Measured(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


@cache
def _compiled_once() -> dict[str, str]:
    """An environment in which modules are compiled already, as pip leaves them, whatever this one says of bytecode."""
    place = tempfile.mkdtemp(prefix="backstay-bench-pyc-")
    atexit.register(shutil.rmtree, place)
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = {**kept, "PYTHONPYCACHEPREFIX": place}
    with folder() as path:
        example_fleet(path, 0)
        subprocess.run([sys.executable, "-m", "backstay", "compile"], cwd=path, env=environment, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    return environment


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is gone afterwards, in memory where the machine has such a place."""
    place = MEMORY if os.access(MEMORY, os.W_OK) else None
    path = Path(tempfile.mkdtemp(prefix="backstay-bench-", dir=place))
    try:
        yield path
    finally:
        shutil.rmtree(path)


def six_objects(path: Path, clusters: int) -> None:
    """A fleet of small clusters: a DestinationRule and a Sidecar for each of three services."""
    (path / "specs/clusters").mkdir(parents=True)
    for number in range(clusters):
        name = f"c{number:05}"
        (path / f"specs/clusters/{name}.yaml").write_text(SIX_OBJECTS.format(name=name))


def full_example(path: Path, clusters: int) -> None:
    """A fleet of copies of the fullest example, with its profiles."""
    shutil.copytree(REPO / "specs/profiles", path / "specs/profiles")
    (path / "specs/clusters").mkdir()
    text = (REPO / "specs/clusters/prod-us.yaml").read_text()
    for number in range(clusters):
        name = f"c{number:05}"
        (path / f"specs/clusters/{name}.yaml").write_text(text.replace("prod-us", name))


def example_fleet(path: Path, _clusters: int) -> None:
    """The fleet of this repository."""
    shutil.copytree(REPO / "specs", path / "specs")


def files_in(path: Path) -> int:
    """How many objects and patches were written."""
    return sum(1 for file in path.glob("*/component/*/*.yaml")) + sum(1 for _ in path.glob("fleet/*.yaml"))


def compile_rows(title: str, make: Callable[[Path, int], None], clusters: int, rounds: int) -> None:
    """A fresh compile, a compile with nothing changed, one with one leaf changed."""
    with folder() as path:
        make(path, clusters)
        names = sorted((path / "specs/clusters").glob("*.yaml"))
        fresh = [_fresh(path) for _ in range(rounds)]
        objects = files_in(path / "overlays")
        row(f"{title}: {len(names)} clusters, {objects} objects", fresh, len(names), objects)
        row(f"{title}: nothing changed", [measure(["compile"], path) for _ in range(rounds)], len(names))
        one = names[0]
        text = one.read_text()
        changed = []
        for number in range(rounds):
            one.write_text(
                text.replace("detectDeadPeerIn: ", f"roundTrip: {60 + number}ms, detectDeadPeerIn: ", 1)
            )
            changed.append(measure(["compile"], path))
        row(f"{title}: one leaf changed", changed, len(names))


def audit_rows(rounds: int) -> None:
    """Audits of hand-written manifests, of two sizes: what an object costs, and what a larger tree adds to the memory."""
    for objects in (10_000, 100_000):
        with folder() as path:
            applications(path, objects)
            arguments = ["audit", ".", "--platform", "kubernetes=1.36,istio=1.30"]
            found = [measure(arguments, path) for _ in range(rounds)]
            row(f"audit of {objects} objects", found, objects=objects)
    with folder() as path:
        as_list(path, objects)
        found = [measure(arguments, path) for _ in range(rounds)]
        row(f"audit of {objects} objects in one list", found, objects=objects)


def cue_rows(rounds: int) -> None:
    """The same audit without policies in CUE and with the twelve that ship: what CUE costs, its engine included."""
    objects = 10_000
    with folder() as path:
        (path / "manifests").mkdir()
        applications(path / "manifests", objects)
        shutil.copytree(REPO / "policies", path / "twelve")
        (path / "none").mkdir()
        means = []
        for policies in ("none", "twelve"):
            arguments = [
                "audit",
                "manifests",
                "--policies",
                policies,
                "--platform",
                "kubernetes=1.36,istio=1.30",
            ]
            found = [measure(arguments, path, (0, 1)) for _ in range(rounds)]
            row(f"audit of {objects} objects, {policies} of the policies", found, objects=objects)
            means.append(statistics.median(one.cpu_s for one in found))
        print(f"CUE by itself: {(means[1] - means[0]) / objects * 1e6:.0f} µs of CPU time an object")


def _fresh(path: Path) -> Measured:
    shutil.rmtree(path / "overlays", ignore_errors=True)
    return measure(["compile"], path)


def row(title: str, found: list[Measured], clusters: int = 0, objects: int = 0) -> None:
    """Print one measure."""
    cpu = statistics.median(m.cpu_s for m in found)
    rates = f"{clusters / cpu:9.0f} clusters/CPU s" if clusters else ""
    rates += f"{objects / cpu:9.0f} objects/CPU s" if objects else ""
    print(f"{title:58} {cpu:8.3f} CPU s {max(m.peak_mib for m in found):7.0f} MiB {rates}")


def main() -> None:
    """Run the measures that were asked for."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--clusters", type=int, default=1000)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--only", choices=["start", "example", "six", "full", "audit", "cue"])
    wanted = asked.parse_args()
    if wanted.only in {None, "start"}:
        with folder() as path:
            example_fleet(path, 0)
            spec = "specs/clusters/prod-eu.yaml"
            row("backstay --version", [measure(["--version"], path) for _ in range(wanted.rounds * 3)])
            row("check of one spec, cold", [measure(["check", spec], path) for _ in range(wanted.rounds * 3)])
    for name, make in (("example", example_fleet), ("six", six_objects), ("full", full_example)):
        if wanted.only in {None, name}:
            compile_rows(name, make, wanted.clusters, wanted.rounds)
    if wanted.only in {None, "audit"}:
        audit_rows(wanted.rounds)
    if wanted.only in {None, "cue"}:
        cue_rows(wanted.rounds)


if __name__ == "__main__":
    main()

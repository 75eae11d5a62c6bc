"""Upstream programs built from the pinned Go modules under `tests/e2e/toolbox`, once, into the cache folder.

A program is one row of `PROGRAMS`: the folder holds `go.mod` and `go.sum` (and sources of our own, if any), the
package is what `go build` is asked for. The finished program lies at `<cache>/<name>/<key>/<name>`, where the key is
a hash of everything that decides its bytes.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from e2e.support.cache import Say, cache_folder, one_at_a_time, say_on_stderr
from e2e.support.golang import ENVIRONMENT, Go, find_go

TOOLBOX = Path(__file__).parents[1] / "toolbox"
FETCH_SECONDS = 900
BUILD_SECONDS = 2400
KUBERNETES = "v1.36.3"

GetProgram = Callable[[str], Path]


@dataclass(frozen=True, slots=True)
class Program:
    """A program of the toolbox: its module's folder, the package to build, and what the linker is told."""

    name: str
    folder: str
    package: str
    ldflags: str = ""


def _kubernetes(name: str) -> Program:
    """Return the row of a Kubernetes program; unstamped, it would introduce itself as v0.0.0-master."""
    stamp = f"-X k8s.io/component-base/version.gitVersion={KUBERNETES}"
    return Program(name, "kubernetes", f"k8s.io/kubernetes/cmd/{name}", stamp)


PROGRAMS = {
    program.name: program
    for program in (
        Program("kustomize", "kustomize", "sigs.k8s.io/kustomize/kustomize/v5"),
        Program("argoconfig", "argoconfig", "backstay.dev/toolbox/argoconfig"),
        Program("envoyproto", "envoyproto", "backstay.dev/toolbox/envoyproto"),
        Program("promtool", "prometheus", "github.com/prometheus/prometheus/cmd/promtool"),
        Program("gator", "gatekeeper", "github.com/open-policy-agent/gatekeeper/v3/cmd/gator"),
        Program("etcd", "etcd", "go.etcd.io/etcd/server/v3"),
        _kubernetes("kube-apiserver"),
        _kubernetes("kube-controller-manager"),
        _kubernetes("kube-scheduler"),
        _kubernetes("kubectl"),
        Program("kwok", "kwok", "sigs.k8s.io/kwok/cmd/kwok"),
        Program("jobset", "jobset", "sigs.k8s.io/jobset"),
        Program("kueue", "kueue", "sigs.k8s.io/kueue/cmd/kueue"),
        Program("trainer", "trainer", "backstay.dev/toolbox/trainer"),
        Program(
            "training-operator",
            "trainingoperator",
            "backstay.dev/toolbox/trainingoperator",
        ),
    )
}


def build(name: str, say: Say = say_on_stderr) -> Path:
    """Return the path of the program `name`, built on first use.

    Raises `Unavailable` when Go or the modules cannot be had, `Failed` when the sources do not compile.
    """
    program, go = PROGRAMS[name], find_go()
    target = cache_folder() / name / _key(program, go) / name
    if not target.exists():
        with one_at_a_time(name, say):
            if not target.exists():
                _make(program, go, target, say)
    return target


def _key(program: Program, go: Go) -> str:
    """Return a hash of all that decides the program's bytes: sources, row, Go version and settings."""
    platform = f"{sys.platform} {os.uname().machine}"
    digest = hashlib.sha256(f"{program} {go.version} {platform} {ENVIRONMENT}".encode())
    for path in sorted((TOOLBOX / program.folder).iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _make(program: Program, go: Go, target: Path, say: Say) -> None:
    """Fetch the modules (what only a network can refuse), compile, and move the result into place."""
    folder, start = TOOLBOX / program.folder, time.monotonic()
    say(f"fetching the modules of {program.name}")
    go.fetch("list", "-deps", program.package, folder=folder, seconds=FETCH_SECONDS)
    say(f"building {program.name} with {go.version}; the first build takes seconds to minutes")
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.with_name(f"{target.name}.{os.getpid()}")
    flags = ("-ldflags", f"-s -w {program.ldflags}".strip(), "-o", str(staged))
    try:
        go.run("build", *flags, program.package, folder=folder, seconds=BUILD_SECONDS)
        staged.replace(target)
    finally:
        staged.unlink(missing_ok=True)
    say(f"{program.name} is ready after {time.monotonic() - start:.0f} s: {target}")

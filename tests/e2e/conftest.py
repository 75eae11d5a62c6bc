"""Fixtures of real upstream components: built once, started once a session, skipped only when they cannot be had.

Where `CI` is `true` or `BACKSTAY_NO_SKIP` is `1`, a component that cannot be had fails the test instead.
"""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from e2e.support import argo, kustomize, plane, toolbox
from e2e.support import crds as upstream_crds
from e2e.support.cache import say_on_stderr
from e2e.support.components import assembled
from e2e.support.controlplane import control_plane
from e2e.support.envoy import find_envoy, validate
from e2e.support.missing import skip_or_fail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from e2e.support.argo import ArgoConfig
    from e2e.support.crds import GetCrds
    from e2e.support.envoy import Validate
    from e2e.support.kubeapi import Apiserver, Object
    from e2e.support.kustomize import KustomizeBuild
    from e2e.support.plane import Running
    from e2e.support.toolbox import GetProgram


@pytest.fixture(scope="session")
def program(pytestconfig: pytest.Config) -> GetProgram:
    """A function from the name of a toolbox program to its path; builds it on first use."""

    def get(name: str) -> Path:
        with skip_or_fail():
            return toolbox.build(name, partial(_say, pytestconfig))

    return get


@pytest.fixture(scope="session")
def kustomize_build(program: GetProgram) -> KustomizeBuild:
    """`kustomize build` as a function: a folder in, its objects out; `Failed` when kustomize refuses."""
    return partial(kustomize.build, program("kustomize"))


@pytest.fixture(scope="session")
def promtool(request: pytest.FixtureRequest) -> Path:
    """Prometheus's own judge of rules: the one on PATH, else built by the toolbox."""
    found = shutil.which("promtool")
    if found is not None:
        return Path(found)
    built: Path = request.getfixturevalue("program")("promtool")
    return built


@pytest.fixture(scope="session")
def argo_config(program: GetProgram) -> ArgoConfig:
    """The workflow-controller's parser: ConfigMap data in, its configuration out; `Failed` when it refuses."""
    return partial(argo.read_config, program("argoconfig"))


@pytest.fixture(scope="session")
def envoy() -> Validate:
    """`envoy --mode validate` as a function of listeners, clusters and routes: its verdict and its words."""
    with skip_or_fail():
        find_envoy()
    return validate


@pytest.fixture(scope="session")
def apiserver(program: GetProgram, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apiserver]:
    """A kube-apiserver with an etcd of its own, shared by the tests of this process."""
    etcd, server = program("etcd"), program("kube-apiserver")
    with control_plane(etcd, server, tmp_path_factory.mktemp("control-plane")) as running:
        yield running


@pytest.fixture(scope="session")
def crds() -> GetCrds:
    """A function to the CRDs of a project's release line: `crds("istio", "1.30")`, or of some of its kinds alone."""

    def get(project: str, line: str, *kinds: str) -> list[Object]:
        with skip_or_fail():
            return upstream_crds.crds(project, line, *kinds)

    return get


@pytest.fixture(scope="session")
def components(pytestconfig: pytest.Config) -> Path:
    """A components folder for `backstay prove jobs`, built on first use."""
    with skip_or_fail():
        return assembled(partial(_say, pytestconfig))


@pytest.fixture(scope="session")
def job_plane(components: Path, pytestconfig: pytest.Config) -> Iterator[Running]:
    """A control plane with every job controller, shared by the tests of this process."""
    with plane.running(components, partial(_say, pytestconfig)) as running:
        yield running


def _say(config: pytest.Config, line: str) -> None:
    """Print a progress line past pytest's capture: a build of minutes must not look like a hang."""
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        say_on_stderr(line)

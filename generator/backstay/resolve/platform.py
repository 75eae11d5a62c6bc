"""Installed versions to features and to what their releases ship."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from backstay.core.diagnostic import Diagnostic
from backstay.core.fact import Fact, from_spec, from_version
from backstay.core.feature import Feature
from backstay.core.place import at
from backstay.model.hop import TcpKeepalive
from backstay.model.jobs import NO_SYSTEMS, JobSystems
from backstay.model.parts import DataPlane, Mesh, Pipelines, Workflows
from backstay.resolve.facts import fact, maybe
from backstay.resolve.jobs.systems import resolve_systems
from backstay.resolve.rules import UNSUPPORTED_VERSION
from backstay.spec import platform as spec
from backstay.upstream import catalog
from backstay.upstream.pipelines import METADATA_ARGS, RELEASES
from backstay.upstream.versions import System


@dataclass(frozen=True, slots=True)
class Platform:
    """What is installed, resolved; findings where a version is not supported."""

    kubernetes: Fact[str]
    mesh: Mesh | None
    pipelines: Pipelines | None
    workflows: Workflows | None
    features: frozenset[Feature]
    findings: tuple[Diagnostic, ...] = field(default=())
    jobs: JobSystems = NO_SYSTEMS


def resolve_platform(platform: spec.Platform) -> Platform:
    """The platform section with each version's line and features."""
    findings: list[Diagnostic] = []
    written = tuple(_written(platform))
    lines = {system.name: _line(system, version, key, findings) for system, version, key in written}
    pipelines_line = lines.get("pipelines")
    shipped = RELEASES[pipelines_line].workflows if pipelines_line else None
    if shipped and "workflows" not in lines:
        lines["workflows"] = shipped
    known = {name: line for name, line in lines.items() if line}
    exact = {system.name: version for system, version, _ in written if system.name in known}
    return Platform(
        from_spec(known.get("kubernetes", ""), "platform", "kubernetes"),
        _mesh(platform.istio, known.get("istio")),
        _pipelines(platform.pipelines, known.get("pipelines")),
        _workflows(platform, known, shipped),
        catalog.features(**known | exact),
        tuple(findings),
        resolve_systems(platform, known),
    )


def _written(platform: spec.Platform) -> Iterator[tuple[System, str, tuple[str, ...]]]:
    """Every version that the spec states, and where."""
    yield catalog.KUBERNETES, platform.kubernetes, ("kubernetes",)
    parts = (
        (catalog.ISTIO, platform.istio), (catalog.PIPELINES, platform.pipelines), (catalog.WORKFLOWS, platform.workflows),
        (catalog.KUEUE, platform.kueue), (catalog.ZENML, platform.zenml),
    )  # fmt: skip
    for system, part in parts:
        if part is not None:
            yield system, part.version, (system.name, "version")
    for system, version, key in (
        (catalog.TRAINER, platform.trainer, "trainer"),
        (catalog.TRAINING_OPERATOR, platform.training_operator, "trainingOperator"),
        (catalog.JOBSET, platform.jobset, "jobset"),
    ):
        if version is not None:
            yield system, version, (key,)


def _line(system: System, version: str, key: tuple[str, ...], findings: list[Diagnostic]) -> str | None:
    line = system.line(version)
    if line is None:
        findings.append(
            UNSUPPORTED_VERSION.report(
                f"{system.title} {version} is not supported",
                at=at("platform", *key),
                help=f"supported: {', '.join(system.lines)}",
            )
        )
    return line


def _mesh(istio: spec.Istio | None, line: str | None) -> Mesh | None:
    if istio is None or line is None:
        return None
    route = ("platform", "istio")
    probes = istio.tcp_keepalive
    return Mesh(
        from_spec(line, *route, "version"),
        DataPlane(istio.data_plane),
        fact(istio, "root_namespace", istio.root_namespace, route),
        None if probes is None else tcp_keepalive(probes, (*route, "tcpKeepalive")),
        at(*route),
        maybe(istio, "native_sidecars", istio.native_sidecars, route),
    )


def tcp_keepalive(probes: spec.TcpKeepalive, route: tuple[str, ...]) -> TcpKeepalive:
    """TCP keepalive as the spec states it."""
    return TcpKeepalive(
        fact(probes, "time", probes.time, route),
        fact(probes, "interval", probes.interval, route),
        fact(probes, "probes", probes.probes, route),
        at(*route),
    )


def _pipelines(pipelines: spec.Pipelines | None, line: str | None) -> Pipelines | None:
    if pipelines is None or line is None:
        return None
    route = ("platform", "pipelines")
    release, name = RELEASES[line], f"pipelines {line}"
    ttl = release.workflow_ttl_s
    account = "default-editor" if pipelines.multi_user else "pipeline-runner"
    shipped = from_version(account, name, "the account that runs steps")
    return Pipelines(
        from_spec(line, *route, "version"),
        fact(pipelines, "namespace", pipelines.namespace, route),
        pipelines.multi_user,
        Fact(
            account, (*shipped.origins, *fact(pipelines, "multi_user", pipelines.multi_user, route).origins)
        ),
        from_version(METADATA_ARGS, name, "the release's own arguments"),
        from_version(release.channel, name, "the release's own channel arguments"),
        from_version(release.default_store, name, "the store that launchers dial by default"),
        from_version(release.key_format, name, "where the release's controller keeps logs"),
        None if ttl is None else from_version(ttl, name, "when the release removes finished workflows"),
        at(*route),
    )


def _workflows(platform: spec.Platform, lines: dict[str, str], shipped: str | None) -> Workflows | None:
    line = lines.get("workflows")
    if line is None:
        return None
    if platform.workflows is not None:
        return Workflows(
            from_spec(line, "platform", "workflows", "version"), shipped, at("platform", "workflows")
        )
    version = from_version(line, f"pipelines {lines['pipelines']}", "the Argo that this release ships")
    return Workflows(version, shipped, at("platform", "pipelines"))

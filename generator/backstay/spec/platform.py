"""`platform`: what is installed. It decides names, defaults and which knobs exist at all."""

from typing import Annotated, Literal

from backstay.spec.base import Section, short_for
from backstay.spec.types import Many, Millis, Name, Positive, Version


class TcpKeepalive(Section):
    """SO_KEEPALIVE on the upstream sockets of every proxy (`meshConfig.tcpKeepalive`)."""

    time: Millis
    """Idle time before the first probe; whole seconds."""
    interval: Millis = 75_000
    """Time between probes; whole seconds."""
    probes: Positive = 9
    """Unanswered probes before the connection is given up."""


class Istio(Section):
    """The service mesh."""

    version: Version
    """The control plane's version, such as "1.30"."""
    data_plane: Literal["sidecar", "ambient", "none"] = "sidecar"
    """How workloads join the mesh: a sidecar each, ztunnel and waypoints, or not at all."""
    root_namespace: Name = "istio-system"
    """The mesh's root namespace, where namespace-less configuration applies to all."""
    tcp_keepalive: TcpKeepalive | None = None
    """What `meshConfig.tcpKeepalive` says; stock Kubeflow sets 10s, 5s, 3 probes."""
    native_sidecars: bool | None = None
    """Whether sidecars are native (init containers that go on); by default as the release and Kubernetes decide."""


class Pipelines(Section):
    """Kubeflow Pipelines."""

    version: Version
    """The release, such as "2.15"."""
    namespace: Name = "kubeflow"
    """Where the API server, the UI and the metadata store run."""
    multi_user: bool = False
    """Whether profiles (one namespace a team) are on."""
    sidecars: bool | None = None
    """Whether pods in that namespace get a sidecar; by default they do when the data plane is `sidecar`."""


class Workflows(Section):
    """Argo Workflows."""

    version: Version
    """The release, such as "3.7"; by default the one that this Pipelines release ships."""


class Zenml(Section):
    """ZenML with its Kubernetes orchestrator."""

    version: Version
    """The release, such as "0.98"."""
    stack: Name = "kubernetes"
    """The name of its stack."""
    namespace: Name = "zenml"
    """Where its pods run."""
    context: str | None = None
    """The kubeconfig context that the client uses; none when it runs inside the cluster."""


class Kueue(Section):
    """Kueue."""

    version: Version
    """The release, such as "0.19"."""
    namespace: Name = "kueue-system"
    """Where its manager runs."""
    frameworks: Many[str] | None = None
    """What `integrations.frameworks` of the installed manager lists, where it is not backstay's bundle that says so."""


class Platform(Section):
    """The versions of everything that is installed."""

    kubernetes: Version
    """The API server's version, such as "1.36"."""
    istio: Annotated[Istio, short_for(Istio, "version", Version)] | None = None
    """The mesh; leave out when there is none."""
    pipelines: Annotated[Pipelines, short_for(Pipelines, "version", Version)] | None = None
    """Kubeflow Pipelines; leave out when it is not installed."""
    workflows: Annotated[Workflows, short_for(Workflows, "version", Version)] | None = None
    """Argo Workflows, where it differs from what Pipelines ships."""
    trainer: Version | None = None
    """Kubeflow Trainer v2."""
    training_operator: Version | None = None
    """Training Operator v1."""
    jobset: Version | None = None
    """JobSet."""
    kueue: Annotated[Kueue, short_for(Kueue, "version", Version)] | None = None
    """Kueue."""
    zenml: Annotated[Zenml, short_for(Zenml, "version", Version)] | None = None
    """ZenML."""

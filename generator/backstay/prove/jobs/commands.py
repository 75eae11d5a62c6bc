"""The command lines of a control plane's programs. Every address is on the loopback, every file in one folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from backstay.prove.jobs.keys import Keys
from backstay.prove.jobs.pace import Pace

CONTROLLERS = (
    "garbage-collector-controller",
    "job-controller",
    "namespace-controller",
    "node-lifecycle-controller",
    "pod-garbage-collector-controller",
    "resourcequota-controller",
    "taint-eviction-controller",
)
"""Those of kube-controller-manager that have a part in a job's life."""

LEASE_SECONDS = 4
"""How long a node's lease lasts; KWOK renews it four times in that time (pkg/kwok/controllers/controller.go)."""

GROUP_ANNOTATION = "backstay.dev/group"


@dataclass(frozen=True, slots=True)
class Site:
    """Where a control plane lives: its folder, its keys, its kubeconfig, and the port of each server."""

    folder: Path
    keys: Keys
    ports: Mapping[str, int]

    @property
    def url(self) -> str:
        """The API server's address."""
        return f"https://127.0.0.1:{self.ports['kube-apiserver']}"

    @property
    def kubeconfig(self) -> Path:
        """What every other program finds the API server with."""
        return self.folder / "kubeconfig"

    @property
    def tokens(self) -> Path:
        """The API server's list of who may come in."""
        return self.folder / "tokens.csv"


def etcd(program: Path, site: Site) -> list[str]:
    """A store that forgets everything with its folder."""
    store, peer = (f"http://127.0.0.1:{site.ports[name]}" for name in ("etcd", "etcd-peer"))
    return [
        str(program), f"--data-dir={site.folder / 'etcd'}", "--unsafe-no-fsync", "--log-level=error",
        f"--listen-client-urls={store}", f"--advertise-client-urls={store}",
        f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=default={peer}",
    ]  # fmt: skip


def apiserver(program: Path, site: Site, pace: Pace) -> list[str]:
    """An API server with every default admission plugin but that of service accounts: no controller here makes them."""
    keys = site.keys.folder
    return [
        str(program), f"--etcd-servers=http://127.0.0.1:{site.ports['etcd']}",
        "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", f"--secure-port={site.ports['kube-apiserver']}",
        "--endpoint-reconciler-type=none",  # a loopback address is not accepted as an endpoint
        f"--tls-cert-file={keys / 'tls.crt'}", f"--tls-private-key-file={keys / 'tls.key'}",
        f"--service-account-signing-key-file={keys / 'tls.key'}", f"--service-account-key-file={keys / 'tls.key'}",
        f"--service-account-issuer={site.url}", "--service-cluster-ip-range=10.96.0.0/16",
        f"--token-auth-file={site.tokens}", "--authorization-mode=RBAC",
        "--disable-admission-plugins=ServiceAccount",
        f"--default-not-ready-toleration-seconds={pace.default_toleration}",
        f"--default-unreachable-toleration-seconds={pace.default_toleration}",
        "--v=0",
    ]  # fmt: skip


def controller_manager(program: Path, site: Site, pace: Pace) -> list[str]:
    """The controllers of jobs, nodes and pods; a node that falls silent is noticed within the scaled grace period.

    Nodes are tainted as soon as that: the default of one in ten seconds would let trials wait for each other.
    """
    return [
        str(program), f"--kubeconfig={site.kubeconfig}", "--leader-elect=false", "--secure-port=0",
        f"--controllers={','.join(CONTROLLERS)}",
        "--node-monitor-period=1s", f"--node-monitor-grace-period={pace.node_grace_ms}ms",
        "--node-eviction-rate=100", "--secondary-node-eviction-rate=100", "--unhealthy-zone-threshold=0.99",
        "--concurrent-job-syncs=10", "--kube-api-qps=200", "--kube-api-burst=400",
    ]  # fmt: skip


def scheduler(program: Path, site: Site) -> list[str]:
    """The default scheduler."""
    return [
        str(program), f"--kubeconfig={site.kubeconfig}", "--leader-elect=false", "--secure-port=0",
        "--kube-api-qps=200", "--kube-api-burst=400",
    ]  # fmt: skip


def kwok(program: Path, site: Site, group: str, stages: Path) -> list[str]:
    """What keeps the nodes of a group alive, and their pods running; the nodes fail when it ends."""
    return [
        str(program), f"--kubeconfig={site.kubeconfig}", f"--config={stages}",
        f"--manage-nodes-with-annotation-selector={GROUP_ANNOTATION}={group}",
        f"--node-lease-duration-seconds={LEASE_SECONDS}",
    ]  # fmt: skip


def jobset(program: Path, site: Site) -> list[str]:
    """JobSet's controller and webhooks."""
    return [str(program), f"--config={site.folder / 'jobset.json'}"]


def kueue(program: Path, site: Site) -> list[str]:
    """Kueue's controllers, scheduler and webhooks."""
    return [str(program), f"--config={site.folder / 'kueue.json'}"]


def operator(program: Path, site: Site, name: str) -> list[str]:
    """Trainer v2 or the Training Operator v1, whose own commands read their certificate from one fixed folder."""
    return [
        str(program), f"--webhook-server-port={site.ports[name]}", f"--webhook-cert-dir={site.keys.folder}",
        f"--health-probe-bind-address=127.0.0.1:{site.ports[name + '-health']}",
    ]  # fmt: skip

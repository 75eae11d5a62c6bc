"""`backstay audit --live` against a real kube-apiserver: the findings of the files that were applied, and no others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from backstay.cli.main import run
from backstay.text.yaml import parse
from e2e.support.operators import install_operators

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.support.crds import GetCrds
    from e2e.support.kubeapi import Apiserver, Object

pytestmark = pytest.mark.e2e

NAMESPACE = "audited"
PLATFORM = "kubernetes=1.36,istio=1.30,jobset=0.12,training-operator=1.9,kueue=0.19"
MANIFESTS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: server}
spec:
  selector: {matchLabels: {app: server}}
  template:
    metadata: {labels: {app: server}}
    spec: {containers: [{name: main, image: "registry.example/app:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: server}
spec: {selector: {app: server}, ports: [{name: grpc, port: 8080}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: trainer}
spec:
  backoffLimit: 3
  podFailurePolicy:
    rules:
    - {action: Ignore, onPodConditions: [{type: DisruptionTarget}]}
  template:
    spec: {restartPolicy: Never, containers: [{name: main, image: "registry.example/train:1"}]}
---
apiVersion: kubeflow.org/v1
kind: PyTorchJob
metadata: {name: torch}
spec:
  pytorchReplicaSpecs:
    Master:
      replicas: 1
      restartPolicy: OnFailure
      template: {spec: {containers: [{name: pytorch, image: "registry.example/train:1"}]}}
---
apiVersion: jobset.x-k8s.io/v1alpha2
kind: JobSet
metadata: {name: set}
spec:
  failurePolicy: {maxRestarts: 3}
  replicatedJobs:
  - name: workers
    template:
      spec:
        backoffLimit: 10
        template: {spec: {restartPolicy: Never, containers: [{name: main, image: "registry.example/train:1"}]}}
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: loose}
spec:
  workloadSelector: {labels: {app: server}}
  configPatches:
  - applyTo: NETWORK_FILTER
    match: {context: SIDECAR_INBOUND, listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager}}}}
    patch:
      operation: MERGE
      value:
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stream_idle_timeout: 0s
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: server}
spec:
  host: server.audited.svc.cluster.local
  trafficPolicy: {connectionPool: {tcp: {tcpKeepalive: {time: 600s}}}}
"""


@pytest.fixture
def applied(apiserver: Apiserver, crds: GetCrds, tmp_path: Path, monkeypatch: Any) -> list[Object]:
    """The manifests on the server, and a folder with them and a kubeconfig to stand in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KUBECONFIG", str(apiserver.write_kubeconfig(tmp_path / "kubeconfig")))
    install_operators(apiserver, crds)
    apiserver.install_crds(crds("istio", "1.30", "DestinationRule", "EnvoyFilter"))
    objects = [parse(text) for text in MANIFESTS.split("\n---\n")]
    for one in objects:
        one["metadata"]["namespace"] = NAMESPACE
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/all.json").write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    )
    assert apiserver.apply_all(objects) == {}
    return objects


def audit(capsys: Any, *arguments: str) -> tuple[set[tuple[str, str, str]], str]:
    """Rule, object and field of each finding in the namespace, and what was noted."""
    capsys.readouterr()
    run(["audit", *arguments, "--platform", PLATFORM, "--format", "json"])
    said = capsys.readouterr()
    found = json.loads(said.out)["diagnostics"]
    assert "Traceback" not in said.err
    own = (one for one in found if one["object"] and one["object"]["namespace"] == NAMESPACE)
    return {(one["rule"], one["object"]["name"], one["field"]) for one in own}, said.err


def test_a_cluster_has_the_findings_of_its_files(applied: list[Object], capsys: Any):
    """What the server defaults, stores and adds neither hides one nor makes one."""
    by_files, _ = audit(capsys, "tree")
    by_cluster, said = audit(capsys, "--live")
    assert by_files
    assert by_cluster == by_files
    assert "not judged, as the server does not list" not in said


def test_the_server_tells_which_kubernetes_runs(applied: list[Object], capsys: Any):
    """Without `--platform` too."""
    capsys.readouterr()
    run(["audit", "--live", "--format", "json"])
    assert "which Kubernetes runs is not known" not in capsys.readouterr().err


def test_looking_changes_nothing_and_asks_for_no_secret(
    applied: list[Object], apiserver: Apiserver, capsys: Any
):
    """A Secret's value is nowhere in what is printed; the objects are the ones they were."""
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": NAMESPACE},
        "stringData": {"key": "hunter2hunter2"},
    }
    apiserver.apply(secret)
    before = [apiserver.read(o["apiVersion"], o["kind"], o["metadata"]["name"], NAMESPACE) for o in applied]
    capsys.readouterr()
    run(["audit", "--live"])
    said = capsys.readouterr()
    assert "hunter2" not in said.out + said.err
    after = [apiserver.read(o["apiVersion"], o["kind"], o["metadata"]["name"], NAMESPACE) for o in applied]
    assert after == before

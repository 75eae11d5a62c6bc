"""`backstay audit --live`: what a cluster holds, judged as its files would be, read with a person's own rights."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from support.apiserver import running, serve_lists, write_kubeconfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.conftest import Ran, Repository
    from support.apiserver import Server


@pytest.fixture
def server(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that the kubeconfig leads to; it says that it is Kubernetes 1.36."""
    with running() as told:
        path = write_kubeconfig(repository.root / "kubeconfig", {"server": told.url}, {})
        monkeypatch.setenv("KUBECONFIG", str(path))
        told.on("GET", "/version", 200, {"gitVersion": "v1.36.3"})
        yield told


def rule(name: str = "loose", **metadata: Any) -> dict[str, Any]:
    """A DestinationRule with a setting that Istio 1.30 does not have."""
    pool = {"http": {"http2KeepAlive": {"interval": "30s", "timeout": "5s"}}}
    return {
        "apiVersion": "networking.istio.io/v1", "kind": "DestinationRule",
        "metadata": {"name": name, "namespace": "a", **metadata},
        "spec": {"host": "x.a.svc.cluster.local", "trafficPolicy": {"connectionPool": pool}},
    }  # fmt: skip


def deployment(image: str, name: str = "d", **metadata: Any) -> dict[str, Any]:
    """A Deployment of one container."""
    labels = {"app": name}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": image}]}}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "a", **metadata},
        "spec": {"selector": {"matchLabels": labels}, "template": pod},
    }  # fmt: skip


def found(ran: Ran) -> list[tuple[str, str, str]]:
    """Rule, object and field of each finding."""
    return [(one["rule"], one["object"]["name"], one["field"]) for one in ran.findings]


def audit(repository: Repository, *arguments: str) -> Ran:
    """The findings of the live cluster as JSON."""
    return repository.backstay("audit", "--live", "--format", "json", *arguments)


def test_findings_name_object_and_field_and_no_file(repository: Repository, server: Server) -> None:
    """Versions come from the server's word and from images."""
    serve_lists(server, rule(), deployment("docker.io/istio/pilot:1.30.1"))
    ran = audit(repository)
    assert ran.code == 1
    assert ("MSH034", "loose", "spec.trafficPolicy.connectionPool.http.http2KeepAlive") in found(ran)
    assert {one["place"]["file"] for one in ran.findings} == {""}
    assert "which Kubernetes runs is not known" not in ran.err
    text = repository.backstay("audit", "--live").out
    assert "= object: DestinationRule a/loose, field spec.trafficPolicy" in text


def test_what_the_server_sets_is_no_finding(repository: Repository, server: Server) -> None:
    """Status, managed fields, the copy of what was applied."""
    own = {
        "uid": "1", "resourceVersion": "2", "generation": 3, "creationTimestamp": "2026-01-01T00:00:00Z",
        "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}],
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": '{"password": "hunter2"}'},
    }  # fmt: skip
    sound = deployment("docker.io/istio/pilot:1.30.1", **own) | {"status": {"readyReplicas": 1, "odd": True}}
    sound["spec"]["template"]["metadata"]["creationTimestamp"] = None
    serve_lists(server, sound)
    ran = audit(repository)
    assert (found(ran), ran.code) == ([], 0)
    assert "1 object judged" in ran.err


def test_secrets_are_never_asked_for(repository: Repository, server: Server) -> None:
    """Not even for their names."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "aHVudGVyMg=="}}
    serve_lists(server, secret, rule())
    audit(repository)
    paths = [path for _, path, *_ in server.seen]
    assert any("destinationrules" in path for path in paths)
    assert not any("secret" in path for path in paths)


def test_a_kind_that_may_not_be_listed_is_said_once_and_hides_nothing(
    repository: Repository, server: Server
) -> None:
    """The rest is judged."""
    serve_lists(server, rule(), deployment("docker.io/istio/pilot:1.30.1"))
    server.on("GET", "/apis/apps/v1/deployments", 403, {"message": "deployments.apps is forbidden"})
    ran = audit(repository, "--platform", "istio=1.30")
    assert "MSH034" in {one["rule"] for one in ran.findings}
    said = "deployments.apps not judged, as the server does not list them: deployments.apps is forbidden"
    assert ran.err.count(said) == 1


def test_where_nothing_may_be_listed_there_is_no_verdict(repository: Repository, server: Server) -> None:
    """Exit 3, and a way out."""
    serve_lists(server, rule())
    for path in ("/apis/networking.istio.io/v1/destinationrules", "/api/v1/namespaces"):
        server.on("GET", path, 403, {"message": "no"})
    ran = audit(repository)
    assert (ran.code, ran.out) == (3, "")
    assert "lets nothing be listed: no" in ran.err
    assert "kubectl get -n NAMESPACE" in ran.err


def test_what_controllers_make_and_what_is_over_is_left_out(repository: Repository, server: Server) -> None:
    """It is judged where it was written, and that is counted."""
    made = {"ownerReferences": [{"kind": "CronJob", "name": "c", "controller": True}]}
    job = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": {"containers": 3}}}}
    over = {"conditions": [{"type": "Complete", "status": "True"}]}
    serve_lists(
        server,
        {**job, "metadata": {"name": "made", "namespace": "a", **made}},
        {**job, "metadata": {"name": "over", "namespace": "a"}, "status": over},
        {**job, "metadata": {"name": "kept", "namespace": "a"}},
    )
    ran = audit(repository)
    assert {name for _, name, _ in found(ran)} == {"kept"}
    assert "left out: 1 object made by a controller of an object that is judged" in ran.err
    assert "left out: 1 object over" in ran.err


def test_a_context_file_goes_with_a_cluster(repository: Repository, server: Server) -> None:
    """The silence is the file's, the Service the cluster's."""
    port = {"name": "grpc-api", "port": 8080}
    meta = {"name": "metadata-grpc-service", "namespace": "kubeflow"}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta,
        "spec": {"selector": {"a": "b"}, "ports": [port]},
    }
    serve_lists(server, service)
    repository.text("context.yaml", json.dumps({"network": {
        "boxes": {"fw": {"preset": "firewall", "idle": "300s", "onExpiry": "drop"}},
        "services": {"metadata": {"preset": "kfp-metadata-grpc"}},
        "calls": [{"from": "pipeline-steps", "to": "metadata", "via": ["fw"], "silentFor": "20m"}],
    }}))  # fmt: skip
    ran = audit(repository, "--context", "context.yaml", "--platform", "pipelines=2.15")
    assert ("MSH002", "metadata-grpc-service", "spec.ports") in found(ran)
    (one,) = [one for one in ran.findings if one["rule"] == "MSH002"]
    assert "context.yaml" in {related["place"]["file"] for related in one["related"]}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--live", "."], "--live stands alone"), ([], "nothing to judge"), (["--kube-context", "x", "."], "goes with --live"),
        (["--live", "--fix"], "a cluster cannot be repaired"), (["--live", "--kube-context", "x"], "no context `x`"),
    ],
)  # fmt: skip
def test_a_call_that_cannot_be_is_told(
    arguments: list[str], words: str, repository: Repository, server: Server
) -> None:
    """Exit 2."""
    ran = repository.backstay("audit", *arguments)
    assert ran.code == 2
    assert words in ran.err


def test_an_unreachable_cluster_is_no_verdict(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 3, no traceback."""
    path = write_kubeconfig(repository.root / "kubeconfig", {"server": "http://127.0.0.1:9"}, {})
    monkeypatch.setenv("KUBECONFIG", str(path))
    ran = repository.backstay("audit", "--live")
    assert (ran.code, ran.out) == (3, "")
    assert "cannot reach" in ran.err

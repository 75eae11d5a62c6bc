"""`backstay diff` against a real kube-apiserver: silent after an apply, exact after an edit, and never a change."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from backstay.cli.loading import load
from backstay.cli.main import run
from backstay.core.manifest import Role
from e2e.support.controlplane import free_ports
from e2e.support.operators import install_operators
from support.repository import REPO
from support.specs import STORE, delivered, example, metadata_network, spec_of

if TYPE_CHECKING:
    from e2e.support.crds import GetCrds
    from e2e.support.kubeapi import Apiserver, Object
    from e2e.support.kustomize import KustomizeBuild

pytestmark = pytest.mark.e2e

CLUSTER = "here"
SPEC = f"specs/clusters/{CLUSTER}.yaml"
MESH_KINDS = ("DestinationRule", "EnvoyFilter", "Sidecar")
EXAMPLES = ("hall-2", "legacy")
FILTER = ("networking.istio.io/v1alpha3", "EnvoyFilter", "keepalive-inbound-metadata", "kubeflow")
LAUNCHER = ("v1", "ConfigMap", "kfp-launcher", "team-a")
API_SERVER = ("apps/v1", "Deployment", "ml-pipeline", "kubeflow")
Diff = Callable[..., tuple[int, list[dict[str, Any]]]]


def apply(apiserver: Apiserver, objects: list[Object]) -> None:
    """Have the server hold the objects and nothing of what an earlier test made of them."""
    for each in objects:
        if apiserver.exists(apiserver.path(each)):
            apiserver.delete(each)
    assert apiserver.apply_all(objects) == {}


@pytest.fixture
def applied(
    apiserver: Apiserver, crds: GetCrds, kustomize_build: KustomizeBuild, tmp_path: Path, monkeypatch: Any
) -> list[Object]:
    """Compile a cluster, apply its overlay, and stand in its repository with a kubeconfig; the objects applied."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KUBECONFIG", str(apiserver.write_kubeconfig(tmp_path / "kubeconfig")))
    base = os.path.relpath(REPO / "bases/kfp-multi-user", tmp_path / "overlays" / CLUSTER)
    platform = {"istio": "1.30", "pipelines": {"version": "2.15", "multiUser": True}}
    storage = {"artifacts": STORE, "runNamespaces": ["team-a"]}
    spec = spec_of(platform, CLUSTER, network=metadata_network(), storage=storage, gitops=delivered(base))
    (tmp_path / SPEC).parent.mkdir(parents=True)
    (tmp_path / SPEC).write_text(json.dumps(spec, indent=1))
    assert run(["compile"]) == 0
    apiserver.install_crds(crds("istio", "1.30", *MESH_KINDS))
    objects = kustomize_build(tmp_path / "overlays" / CLUSTER)
    apply(apiserver, objects)
    return objects


@pytest.fixture
def diff(applied: list[Object], capsys: Any) -> Diff:
    """A function from further arguments to the exit code and the changes of `backstay diff --live`."""

    def call(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
        capsys.readouterr()
        code = run(["diff", "--format", "json", *(arguments or ("--live",))])
        printed = capsys.readouterr().out
        return code, json.loads(printed)["changes"] if printed else []

    return call


def edit(apiserver: Apiserver, which: tuple[str, str, str, str], *operations: Object) -> None:
    """Change the stored object as `kubectl edit` would, by JSON patch operations."""
    api, kind, name, namespace = which
    path = apiserver.path(
        {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": namespace}}
    )
    headers = {"Content-Type": "application/json-patch+json"}
    query = {"fieldManager": "kubectl-edit"}
    apiserver.call("PATCH", path, params=query, headers=headers, content=json.dumps(operations))


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_is_said_right_after_an_apply(
    name: str,
    apiserver: Apiserver,
    crds: GetCrds,
    kustomize_build: KustomizeBuild,
    tmp_path: Path,
    monkeypatch: Any,
    capsys: Any,
):
    """Of a cluster of the example fleet: no output, and every object and patch was looked at."""
    mesh = example(name).mesh
    install_operators(apiserver, crds)
    if mesh is not None:
        apiserver.install_crds(crds("istio", mesh.version.value, *MESH_KINDS))
    monkeypatch.setenv("KUBECONFIG", str(apiserver.write_kubeconfig(tmp_path / "kubeconfig")))
    monkeypatch.chdir(REPO)
    shutil.copytree(REPO / "bases", tmp_path / "bases")
    assert run(["compile", "--out", str(tmp_path / "overlays"), "--cluster", name]) == 0
    apply(apiserver, kustomize_build(tmp_path / "overlays" / name))
    capsys.readouterr()
    assert run(["diff", "--cluster", name, "--live"]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    (loaded,) = load(REPO / "specs", (name,))
    held = [one for one in loaded.compiled.settled if one.role in (Role.OBJECT, Role.PATCH)]
    assert len(held) > 5
    assert f"no drift in {len(held)} objects" in said.err


def test_an_edited_field_is_told_with_its_spec_line_and_who_did_it(
    diff: Diff, apiserver: Apiserver, tmp_path: Path
):
    """One field, its values, the spec's line and the manager of managedFields."""
    route = (
        "spec.configPatches[0].patch.value.typed_config.http2_protocol_options.connection_keepalive.interval"
    )
    planned = apiserver.read(*FILTER)["spec"]["configPatches"][0]["patch"]["value"]["typed_config"]
    interval = planned["http2_protocol_options"]["connection_keepalive"]["interval"]
    pointer = "/" + route.replace("[0]", "/0").replace(".", "/")
    edit(apiserver, FILTER, {"op": "replace", "path": pointer, "value": "7777s"})
    code, changes = diff()
    assert code == 1
    (change,) = changes
    assert (change["kind"], change["field"]) == ("changed", route)
    assert (change["planned"], change["actual"]) == (interval, "7777s")
    assert change["place"]["file"] == SPEC
    text = (tmp_path / SPEC).read_text().splitlines()[change["place"]["line"] - 1]
    assert change["place"]["path"].rpartition(".")[2] in text
    assert (change["setBy"]["manager"], change["setBy"]["operation"]) == ("kubectl-edit", "Update")


def test_a_setting_inside_a_config_map_is_told_by_its_own_path(diff: Diff, apiserver: Apiserver):
    """The text in which somebody changed an endpoint is compared as what it says."""
    providers = apiserver.read(*LAUNCHER)["data"]["providers"]
    other = providers.replace("minio.kf-storage.svc.cluster.local:80", "minio.other:9000")
    assert other != providers
    edit(apiserver, LAUNCHER, {"op": "replace", "path": "/data/providers", "value": other})
    code, changes = diff()
    assert code == 1
    (change,) = changes
    assert (change["field"], change["inside"]) == ("data.providers", "minio.default.endpoint")
    assert (change["planned"], change["actual"]) == (
        "minio.kf-storage.svc.cluster.local:80",
        "minio.other:9000",
    )
    assert change["place"]["path"] == "storage.artifacts.url"
    assert change["setBy"]["manager"] == "kubectl-edit"


def test_a_variable_of_a_patched_deployment_is_told_by_name(diff: Diff, apiserver: Apiserver):
    """The patch's own variables count, wherever they stand in the list; others do not."""
    env = apiserver.read(*API_SERVER)["spec"]["template"]["spec"]["containers"][0]["env"]
    index = [one["name"] for one in env].index("OBJECTSTORECONFIG_PORT")
    start = "/spec/template/spec/containers/0/env"
    edit(
        apiserver, API_SERVER,
        {"op": "replace", "path": f"{start}/{index}/value", "value": "9001"},
        {"op": "add", "path": f"{start}/0", "value": {"name": "SOMEBODY_ELSES", "value": "x"}},
    )  # fmt: skip
    code, changes = diff()
    assert code == 1
    (change,) = changes
    path = "spec.template.spec.containers[ml-pipeline-api-server].env[OBJECTSTORECONFIG_PORT].value"
    assert (change["words"], change["planned"], change["actual"]) == (path, "80", "9001")


def test_a_key_pasted_where_a_reference_belongs_is_found_and_not_shown(
    diff: Diff, apiserver: Apiserver, capsys: Any
):
    """The dry run is refused then (`may not be specified when value is not empty`), and the plan speaks for itself."""
    env = apiserver.read(*API_SERVER)["spec"]["template"]["spec"]["containers"][0]["env"]
    index = [one["name"] for one in env].index("OBJECTSTORECONFIG_SECRETACCESSKEY")
    start = f"/spec/template/spec/containers/0/env/{index}"
    pasted = {"name": "OBJECTSTORECONFIG_SECRETACCESSKEY", "value": "hunter2hunter2"}
    edit(apiserver, API_SERVER, {"op": "replace", "path": start, "value": pasted})
    code, changes = diff()
    assert code == 1
    words = {change["words"].rpartition("].")[2]: change for change in changes}
    assert sorted(words) == ["value", "valueFrom"]
    assert (words["value"]["kind"], words["value"]["actual"]) == ("extra-field", "(hidden)")
    assert words["valueFrom"]["kind"] == "missing-field"
    assert "hunter2" not in json.dumps(changes) + capsys.readouterr().err


def test_a_deleted_object_is_told(diff: Diff, apiserver: Apiserver):
    """An object of ours, and a Deployment that a patch is for."""
    for which in (FILTER, API_SERVER):
        api, kind, name, namespace = which
        apiserver.delete(
            {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": namespace}}
        )
    code, changes = diff()
    assert code == 1
    assert [(c["kind"], c["object"]["kind"], c["object"]["name"]) for c in changes] == [
        ("missing-object", "Deployment", "ml-pipeline"), ("missing-object", "EnvoyFilter", "keepalive-inbound-metadata"),
    ]  # fmt: skip
    assert all(change["place"]["file"].startswith("specs/") for change in changes)


def test_a_kind_that_the_cluster_does_not_know_is_a_missing_object(
    diff: Diff, apiserver: Apiserver, crds: GetCrds
):
    """Without the definition there is no object, and the note says why."""
    (definition,) = crds("istio", "1.30", "EnvoyFilter")
    apiserver._remove_crd(definition)
    apiserver._installed.pop(definition["metadata"]["name"])
    code, changes = diff()
    assert code == 1
    (change,) = changes
    assert change["kind"] == "missing-object"
    assert change["note"] == "the cluster does not serve EnvoyFilter of networking.istio.io/v1alpha3"


def test_looking_changes_nothing(diff: Diff, apiserver: Apiserver):
    """The dry run stores nothing: the object is the one it was, managers included, also where there is drift."""
    edit(
        apiserver,
        LAUNCHER,
        {"op": "replace", "path": "/data/defaultPipelineRoot", "value": "minio://other/x"},
    )
    before = apiserver.read(*LAUNCHER)
    code, changes = diff()
    assert (code, len(changes)) == (1, 1)
    assert apiserver.read(*LAUNCHER) == before


def test_a_snapshot_of_the_same_cluster_has_no_noise(
    diff: Diff, applied: list[Object], apiserver: Apiserver, tmp_path: Path
):
    """What the server stored, with all its defaults, shows no drift; an edited field is found in it."""
    stored = [
        apiserver.read(o["apiVersion"], o["kind"], o["metadata"]["name"], o["metadata"].get("namespace"))
        for o in applied
    ]
    file = tmp_path / "snapshot.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": stored}))
    assert diff("--snapshot", str(file)) == (0, [])
    file.write_text(file.read_text().replace("minio.kf-storage.svc.cluster.local:80", "minio.other:9000", 1))
    code, changes = diff("--snapshot", str(file))
    assert (code, [change["actual"] for change in changes]) == (1, ["minio.other:9000"])


def config(path: Path, **changes: Any) -> dict[str, Any]:
    """Change the kubeconfig's only cluster and user, and return it."""
    value = json.loads(path.read_text())
    value["clusters"][0]["cluster"] |= changes.get("cluster", {})
    value["users"][0]["user"] = changes.get("user", value["users"][0]["user"])
    path.write_text(json.dumps(value))
    return value


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"user": {"token": "nobody"}}, "does not know who asks (401)", id="a wrong token"),
        pytest.param({"user": {}}, "not allowed to read", id="nobody in particular"),
        pytest.param({"cluster": {"tls-server-name": "elsewhere"}}, "is not trusted: Hostname mismatch", id="another name"),
        pytest.param({"cluster": {"certificate-authority-data": ""}}, "is not trusted", id="an unknown authority"),
    ],
)  # fmt: skip
def test_a_server_that_does_not_answer_us_is_no_verdict(
    changes: dict[str, Any], words: str, applied: list[Object], tmp_path: Path, capsys: Any
):
    """Exit 3 with what is wrong and what to do, no traceback and no result."""
    config(tmp_path / "kubeconfig", **changes)
    assert run(["diff", "--live"]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err
    assert "help: " in said.err
    assert "Traceback" not in said.err


def test_a_wrong_port_is_no_verdict(applied: list[Object], tmp_path: Path, capsys: Any):
    """Nobody listens there."""
    (port,) = free_ports(1)
    config(tmp_path / "kubeconfig", cluster={"server": f"https://127.0.0.1:{port}"})
    assert run(["diff", "--live"]) == 3
    assert f"cannot reach https://127.0.0.1:{port}" in capsys.readouterr().err


def test_a_server_that_is_trusted_blindly_answers(diff: Diff, tmp_path: Path):
    """`insecure-skip-tls-verify` and an empty authority are enough."""
    config(
        tmp_path / "kubeconfig", cluster={"certificate-authority-data": "", "insecure-skip-tls-verify": True}
    )
    assert diff() == (0, [])


def test_a_client_certificate_is_shown_beside_a_token(diff: Diff, apiserver: Apiserver, tmp_path: Path):
    """From files and from data; what is written for Python's ssl module does not stay."""
    certificate, key = apiserver.certificate, apiserver.certificate.with_suffix(".key")
    user = {"token": apiserver.token, "client-certificate": str(certificate)}
    data = b64encode(key.read_bytes()).decode()
    before = set(Path(tempfile.gettempdir()).glob("backstay-*"))
    for settings in ({"client-key": str(key)}, {"client-key-data": data}):
        config(tmp_path / "kubeconfig", user=user | settings)
        assert diff() == (0, [])
    assert set(Path(tempfile.gettempdir()).glob("backstay-*")) <= before


def test_a_reader_without_patch_is_told_what_to_ask_for(
    diff: Diff, apiserver: Apiserver, tmp_path: Path, capsys: Any
):
    """Who may only read gets no verdict, and the verb that is missing by name."""
    config(tmp_path / "kubeconfig", user={})
    rules = [
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}, {"nonResourceURLs": ["*"], "verbs": ["get"]},
    ]  # fmt: skip
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "e2e-reader"},
    }
    subject = {"kind": "User", "name": "system:anonymous", "apiGroup": "rbac.authorization.k8s.io"}
    binding = {**role, "kind": "ClusterRoleBinding", "subjects": [subject],
               "roleRef": {"kind": "ClusterRole", "name": "e2e-reader", "apiGroup": "rbac.authorization.k8s.io"}}  # fmt: skip
    apiserver.apply_all([{**role, "rules": rules}, binding])
    try:
        assert run(["diff", "--live"]) == 3
    finally:
        apiserver.delete(binding)
        apiserver.delete(role)
    said = capsys.readouterr().err
    assert "not allowed to apply (as a dry run)" in said
    assert "get and patch" in said


def test_an_unknown_context_is_a_bad_call(applied: list[Object], capsys: Any):
    """The contexts that there are, are named."""
    assert run(["diff", "--live", "--context", "nope"]) == 2
    assert "no context `nope` in the kubeconfig; there are e2e" in capsys.readouterr().err

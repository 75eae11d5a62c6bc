"""`backstay audit`: what is read, what is said of it, and with which exit code."""

from __future__ import annotations

import io
import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from backstay.check import together
from backstay.cluster import kustomize
from e2e.support import toolbox
from e2e.support.cache import say_on_stderr
from e2e.support.missing import skip_or_fail

if TYPE_CHECKING:
    from cli.conftest import Ran, Repository

LAUNCHER = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: kfp-launcher, namespace: team-a}
data:
  MINIO_ENDPOINT: minio.storage:9000
"""
SOUND = "apiVersion: v1\nkind: Namespace\nmetadata: {name: team-a}\n"
RUN = "settings:\n  resources: {memory: 4GiB}\nsteps: {train: {settings: {resources: {memory: 8Gi}}}}\n"


@pytest.fixture
def _kustomize(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kustomize on PATH: the machine's, or the one that the toolbox builds."""
    if kustomize.tool() is not None:
        return
    with skip_or_fail():
        program = toolbox.build("kustomize", say_on_stderr)
    folder = tmp_path_factory.mktemp("bin")
    (folder / "kustomize").symlink_to(program)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


def found(repository: Repository, *arguments: str) -> list[tuple[str, str, int, int]]:
    """Rule, file, line and column of each finding."""
    ran = repository.backstay("audit", *arguments, "--format", "json")
    places = [(one["rule"], one["place"]) for one in json.loads(ran.out)["diagnostics"]]
    return [(rule, place["file"], place["line"], place["column"]) for rule, place in places]


def from_stdin(repository: Repository, text: str, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Ran:
    """Audit a stream."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    return repository.backstay("audit", "-", *arguments)


def test_a_finding_has_file_line_column_object_and_field(repository: Repository) -> None:
    """And it makes the exit code 1."""
    repository.text("apps/team-a/launcher.yaml", f"{SOUND}---\n{LAUNCHER}")
    ran = repository.backstay("audit", "apps", "--format", "json", "--platform", "pipelines=2.15")
    assert ran.code == 1
    (one,) = json.loads(ran.out)["diagnostics"]
    assert one["rule"] == "KFP001"
    assert one["place"] == {
        "file": "apps/team-a/launcher.yaml", "line": 9, "column": 19, "path": "data.MINIO_ENDPOINT",
    }  # fmt: skip
    assert one["object"]["name"] == "kfp-launcher"
    assert one["field"] == "data.MINIO_ENDPOINT"


def test_nothing_wrong_is_clean(repository: Repository) -> None:
    """And says how much was judged."""
    repository.text("apps/team.yaml", SOUND)
    ran = repository.backstay("audit", "apps", "--platform", "kubernetes=1.36")
    assert (ran.code, ran.out, ran.err) == (0, "", "1 object judged\n")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.yaml", "apiVersion: v1\nkind: List\nitems:\n- " + LAUNCHER.replace("\n", "\n  ")),
        (
            "list-in-list.json",
            json.dumps(
                {"kind": "List", "apiVersion": "v1", "items": [{"kind": "List", "apiVersion": "v1", "items": [
                    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kfp-launcher", "namespace": "a"},
                     "data": {"MINIO_ENDPOINT": "x"}}]}]},
                indent=1,
            ),
        ),
    ],
)  # fmt: skip
def test_lists_are_read(repository: Repository, name: str, text: str) -> None:
    """Also lists in lists, and JSON."""
    repository.text(f"apps/{name}", text)
    line = text[: text.index("MINIO_ENDPOINT")].count("\n") + 1
    assert [(rule, at) for rule, _, at, _ in found(repository, "apps", "--platform", "pipelines=2.15")] == [
        ("KFP001", line)
    ]


def test_stdin_is_read(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Helm prints it."""
    text = f"---\n# Source: team/templates/launcher.yaml\n{LAUNCHER}"
    ran = from_stdin(repository, text, monkeypatch, "--platform", "pipelines=2.15", "--format", "json")
    (one,) = json.loads(ran.out)["diagnostics"]
    assert (one["rule"], one["place"]["file"], one["place"]["line"]) == ("KFP001", "-", 7)


def test_templates_are_told_and_the_rest_is_judged(repository: Repository) -> None:
    """A template is no error of its author's."""
    repository.text(
        "chart/templates/a.yaml",
        "kind: ConfigMap\n{{- if .Values.on }}\ndata: {{ .Values.data }}\n{{ end }}\n",
    )
    repository.text("chart/b.yaml", LAUNCHER)
    assert [one[:2] for one in found(repository, "chart", "--platform", "pipelines=2.15")] == [
        ("KFP001", "chart/b.yaml"),
        ("AUD001", "chart/templates/a.yaml"),
    ]


def test_a_broken_file_is_unreadable_input_and_the_rest_is_judged(repository: Repository) -> None:
    """Exit code 2, whatever else is found."""
    repository.text("apps/a.yaml", "kind: [ConfigMap\n")
    repository.text("apps/b.yaml", LAUNCHER)
    ran = repository.backstay("audit", "apps", "--format", "github", "--platform", "pipelines=2.15")
    assert ran.code == 2
    assert "LOD003" in ran.out
    assert "KFP001" in ran.out


def test_documents_that_are_no_objects_are_noted(repository: Repository) -> None:
    """A chart's own files, a workflow of a code host: nobody's fault."""
    repository.text("apps/Chart.yaml", "apiVersion: v2\nname: a\n")
    repository.text("apps/values.yaml", "- 1\n- 2\n")
    ran = repository.backstay("audit", "apps")
    assert (ran.code, ran.out) == (0, "")
    assert "note: no Kubernetes objects: apps/Chart.yaml, apps/values.yaml\n" in ran.err


def test_an_unknown_kind_is_noted_once(repository: Repository) -> None:
    """It is no error: nobody knows."""
    thing = "apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: a}\n"
    repository.text("apps/a.yaml", f"{thing}---\n{thing}")
    ran = repository.backstay("audit", "apps")
    assert (ran.code, ran.out) == (0, "")
    assert (
        "note: no schema of `Thing` under `example.org/v1` is at hand: 2 objects are judged by the rules alone\n"
        in ran.err
    )


def test_a_run_configuration_of_zenml_is_known_by_its_shape(repository: Repository) -> None:
    """It is no Kubernetes object."""
    repository.text("zenml/run.yaml", RUN)
    assert ("JOB034", "zenml/run.yaml", 3, 48) in found(repository, "zenml", "--platform", "zenml=0.98")


def test_a_folder_above_is_not_read_through_a_link(repository: Repository) -> None:
    """A tree of manifests must not bring in files of the machine."""
    repository.text("secret.yaml", LAUNCHER)
    repository.text("apps/a.yaml", SOUND)
    (repository.root / "apps/b.yaml").symlink_to(repository.root / "secret.yaml")
    (repository.root / "apps/up").symlink_to(repository.root)
    assert found(repository, "apps") == [("LOD023", "apps/b.yaml", 0, 0)]


def test_aliases_that_explode_are_refused(repository: Repository) -> None:
    """In words, and soon."""
    levels = "".join(f"{'  '}k{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    repository.text(
        "apps/a.yaml",
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  k0: &a0 [x]\n{levels}",
    )
    ran = repository.backstay("audit", "apps", "--format", "github")
    assert ran.code == 2
    assert "LOD007" in ran.out


def test_what_runs_is_seen_in_images(repository: Repository) -> None:
    """A launcher setting is dead since 2.15, which the API server's image shows."""
    image = "ghcr.io/kubeflow/kfp-api-server:2.15.2@sha256:00ff"
    repository.text("apps/a.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ml-pipeline, namespace: kubeflow}\n"
        f"spec: {{selector: {{}}, template: {{spec: {{containers: [{{name: a, image: '{image}'}}]}}}}}}\n")  # fmt: skip
    ran = repository.backstay("audit", "apps")
    assert "which Kubeflow Pipelines runs" not in ran.err
    other = repository.text(
        "apps/b.yaml", (repository.root / "apps/a.yaml").read_text().replace("2.15.2", "2.5.0")
    )
    ran = repository.backstay("audit", "apps")
    assert "Kubeflow Pipelines is 2.5.0 (an image of Deployment kubeflow/ml-pipeline) and 2.15.2" in ran.err
    other.unlink()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("istio", "has no version"),
        ("istio=new", "has no version"),
        ("istoi=1.30", "is not one of"),
        ("istio=1.3", "is not supported; supported: 1.22"),
    ],
)
def test_a_platform_that_cannot_be_is_a_bad_call(repository: Repository, words: str, said: str) -> None:
    """Exit code 2, with what is possible."""
    repository.text("apps/a.yaml", SOUND)
    ran = repository.backstay("audit", "apps", "--platform", words)
    assert ran.code == 2
    assert said in ran.err


def test_nothing_at_the_path_is_a_bad_call(repository: Repository) -> None:
    """An empty run that succeeds would hide a wrong path."""
    ran = repository.backstay("audit", "nowhere")
    assert ran.code == 2
    assert "no such file or folder" in ran.err


def test_a_rule_that_fails_is_told_and_the_others_run(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 3 where nothing else is found, and nothing of the input in the words."""
    repository.text("apps/a.yaml", LAUNCHER)
    first, *others = together.CHECKS

    def fail(_context: object) -> object:
        yield from ()
        raise ZeroDivisionError("of the input")

    broken = first.__class__(first.rule, frozenset({"ConfigMap"}), fail)
    monkeypatch.setattr(together, "CHECKS", (broken, *others))
    ran = repository.backstay("audit", "apps", "--platform", "pipelines=2.15")
    assert ran.code == 1
    assert "INT001" in ran.out
    assert "KFP001" in ran.out or first.rule.id == "KFP001"
    assert "of the input" not in ran.out
    repository.text("apps/a.yaml", SOUND.replace("Namespace", "ConfigMap"))
    assert repository.backstay("audit", "apps").code == 3


KUSTOMIZATION = """\
resources: [base]
patches:
- path: patch.yaml
"""
BASE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: kfp-launcher, namespace: team-a}
data:
  providers: ""
"""
PATCH = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: kfp-launcher, namespace: team-a}
data:
  MINIO_ENDPOINT: minio.storage:9000
"""


def kustomization(repository: Repository, resources: str = "[base]") -> None:
    """A kustomization over another one, with a patch that is wrong."""
    repository.text("k/kustomization.yaml", KUSTOMIZATION.replace("[base]", resources))
    repository.text("k/patch.yaml", PATCH)
    repository.text("k/base/kustomization.yaml", "resources: [launcher.yaml]\n")
    repository.text("k/base/launcher.yaml", BASE)


@pytest.mark.e2e
@pytest.mark.usefixtures("_kustomize")
def test_a_kustomization_is_built_and_findings_are_placed_where_they_were_written(
    repository: Repository,
) -> None:
    """In the patch, not in what it patches; and nothing is judged twice."""
    kustomization(repository)
    assert found(repository, "k", "--platform", "pipelines=2.15") == [("KFP001", "k/patch.yaml", 5, 19)]


@pytest.mark.e2e
@pytest.mark.usefixtures("_kustomize")
def test_a_setting_inside_a_text_is_placed_in_the_file_that_says_the_text(repository: Repository) -> None:
    """A patch that brings all of `providers`, and not the file that is patched."""
    kustomization(repository)
    text = "minio: {default: {endpoint: 3, credentials: {fromEnv: true}}}"
    repository.text(
        "k/patch.yaml", PATCH.replace("MINIO_ENDPOINT: minio.storage:9000", f'providers: "{text}"')
    )
    ran = repository.backstay("audit", "k", "--platform", "kubernetes=1.33,pipelines=2.5", "--format", "json")
    inside = [one for one in ran.findings if (one["field"] or "").startswith("data.providers.")]
    assert inside
    assert {one["place"]["file"] for one in inside} == {"k/patch.yaml"}


def test_without_kustomize_the_files_are_read_as_they_are(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And that is said."""
    kustomization(repository)
    monkeypatch.setenv("PATH", "")
    ran = repository.backstay("audit", "k", "--platform", "pipelines=2.15", "--format", "github")
    assert "file=k/patch.yaml,line=5" in ran.out
    assert "note: there is no kustomize and no kubectl" in ran.err


@pytest.mark.e2e
@pytest.mark.usefixtures("_kustomize")
@pytest.mark.parametrize("resource", ["https://git.example/repository.git", "gone.yaml"])
def test_a_kustomization_that_cannot_be_built_is_told_and_its_files_are_judged(
    repository: Repository, resource: str
) -> None:
    """Nothing is fetched."""
    kustomization(repository, f"[base, '{resource}']")
    assert [one[:2] for one in found(repository, "k", "--platform", "pipelines=2.15")] == [
        ("AUD002", "k/kustomization.yaml"),
        ("KFP001", "k/patch.yaml"),
    ]


def test_waivers_hold_for_audits(repository: Repository) -> None:
    """By object, as everywhere."""
    repository.text("apps/a.yaml", LAUNCHER)
    repository.text("p/waivers.yaml", """\
apiVersion: backstay.dev/v1alpha1
kind: Waivers
waivers:
- {rule: KFP001, object: ConfigMap/team-a/*, reason: it goes next week, owner: team-a, expires: 2999-01-01}
""")  # fmt: skip
    ran = repository.backstay("audit", "apps", "--platform", "pipelines=2.15", "--policies", "p")
    assert ran.code == 0
    assert "1 waived" in ran.out


def test_a_comment_beside_a_field_excuses_it(repository: Repository) -> None:
    """As in specs: on the line, with a reason."""
    repository.text(
        "apps/a.yaml",
        LAUNCHER.replace("minio.storage:9000", "a  # backstay: allow KFP001 gone with the next release"),
    )
    ran = repository.backstay("audit", "apps", "--platform", "pipelines=2.15")
    assert ran.code == 0
    assert "1 waived" in ran.out


@pytest.mark.e2e
@pytest.mark.usefixtures("_kustomize")
def test_kustomizations_in_a_circle_are_told_and_their_files_judged(repository: Repository) -> None:
    """There is no beginning to build from."""
    repository.text("k/a/kustomization.yaml", "resources: [../b, launcher.yaml]\n")
    repository.text("k/a/launcher.yaml", LAUNCHER)
    repository.text("k/b/kustomization.yaml", "resources: [../a]\n")
    assert [one[:2] for one in found(repository, "k", "--platform", "pipelines=2.15")] == [
        ("AUD002", "k/a/kustomization.yaml"),
        ("KFP001", "k/a/launcher.yaml"),
        ("AUD002", "k/b/kustomization.yaml"),
    ]


def test_a_component_by_itself_is_judged_by_its_files(repository: Repository) -> None:
    """Nothing can be built of it, and that is no fault; its patches stay patches."""
    kustomization = (
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{path: patch.yaml}]\n"
    )
    repository.text("k/kustomization.yaml", kustomization)
    repository.text("k/patch.yaml", PATCH)
    assert found(repository, "k", "--platform", "pipelines=2.15") == [("KFP001", "k/patch.yaml", 5, 19)]


@pytest.mark.e2e
@pytest.mark.usefixtures("_kustomize")
def test_a_path_with_dots_is_the_same_tree(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is judged twice, however the folder is named."""
    kustomization(repository)
    (repository.root / "here").mkdir()
    monkeypatch.chdir(repository.root / "here")
    assert found(repository, "../k", "--platform", "pipelines=2.15") == [("KFP001", "../k/patch.yaml", 5, 19)]

"""Manifests of any shape: words and codes, never a fault of ours."""

import json
import os
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstay.audit.judge import Given, audit_paths, audit_text
from backstay.audit.read import Reading, read_text
from backstay.audit.texts import Stream
from backstay.core.fault import RULE_CRASHED
from backstay.load import objects as objects_of_texts
from backstay.load.objects import scan_objects
from support.examples import times

KINDS = (
    ("v1", "ConfigMap"), ("v1", "Service"), ("v1", "Namespace"), ("v1", "List"), ("v1", "Node"), ("v1", "Secret"),
    ("apps/v1", "Deployment"), ("batch/v1", "Job"), ("batch/v1", "CronJob"), ("kubeflow.org/v1", "PyTorchJob"),
    ("jobset.x-k8s.io/v1alpha2", "JobSet"), ("networking.istio.io/v1", "DestinationRule"),
    ("networking.istio.io/v1", "VirtualService"), ("networking.istio.io/v1alpha3", "EnvoyFilter"),
    ("argoproj.io/v1alpha1", "Workflow"), ("config.kueue.x-k8s.io/v1beta2", "Configuration"),
    ("kustomize.config.k8s.io/v1beta1", "Kustomization"), ("example.org/v1", "Thing"),
)  # fmt: skip
NAMES = ("kfp-launcher", "ml-pipeline", "workflow-controller-configmap", "istio", "a")
WORDS = st.sampled_from(
    ("metadata", "spec", "data", "labels", "template", "containers", "args", "env", "image", "name", "http", "host",
     "hosts", "trafficPolicy", "connectionPool", "configPatches", "patch", "match", "items", "resources", "mesh",
     "providers", "artifactRepository", "rules", "settings", "steps", "tolerations", "ports", "selector")
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 2**40), st.floats(allow_nan=False, allow_infinity=False),
    st.text(string.printable, max_size=12), st.sampled_from(["1h", "60s", "64Gi", "{a: [", "kubeflow/kfp-api-server:2.15.0"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(WORDS, below, max_size=4)), max_leaves=25
)  # fmt: skip
PLATFORM = {"kubernetes": "1.36", "istio": "1.31", "pipelines": "2.17", "workflows": "4.0", "kueue": "0.19"}


@st.composite
def objects(draw):
    """Something that says it is an object, with anything in it."""
    api_version, kind = draw(st.sampled_from(KINDS))
    metadata = draw(
        st.one_of(VALUES, st.fixed_dictionaries({"name": st.sampled_from(NAMES), "namespace": st.just("a")}))
    )
    rest = draw(st.dictionaries(WORDS, VALUES, max_size=4))
    return {**rest, "apiVersion": api_version, "kind": kind, "metadata": metadata}


@given(st.lists(st.one_of(objects(), VALUES), max_size=6))
@times(1.5)
def test_any_shape_is_judged(found):
    """No rule fails on it, and every finding can be told."""
    stream = "\n---\n".join(json.dumps(one) for one in found)
    done = audit_text(stream.encode(), Given(PLATFORM))
    assert [one.message for one in done.findings if one.rule == RULE_CRASHED.id] == []
    assert all(one.message and one.place.path is not None for one in done.findings)


@given(st.binary(max_size=300))
@times(1.5)
def test_any_bytes_are_read(text):
    """Objects, or what is wrong with them."""
    reading = Reading()
    list(read_text(Stream(text, "-"), reading))
    assert all(one.place.file == "-" for one in reading.found)
    assert reading.refused == bool([one for one in reading.found if not one.rule.startswith("AUD")])


def items(count):
    """Objects of a list, as JSON has them; a number that should be a text in every hundredth."""
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{n}", "namespace": "a"},
         "data": {"k": "v" if n % 100 else n}}
        for n in range(count)
    ]  # fmt: skip


def found_in(text):
    """Rule, object, line and column of each finding, in the order of lines."""
    done = audit_text(text if isinstance(text, bytes) else text.encode(), Given(PLATFORM))
    told = [(one.rule, str(one.object), one.place.line, one.place.column) for one in done.findings]
    return done, sorted(told, key=lambda one: one[2:])


@pytest.mark.parametrize("step", [0, 2, 4])
def test_a_long_list_is_read_item_by_item(step):
    """However its items are indented; with the same findings at the right lines."""
    blanks = " " * step
    lines = "".join(f"{blanks}- {json.dumps(one)}\n" for one in items(1_000))
    done, found = found_in(f"apiVersion: v1\nkind: List\nitems:\n{lines}")
    assert done.objects == 1_000
    assert [line for _, _, line, _ in found] == [4 + n for n in range(0, 1_000, 100)]
    assert {rule for rule, *_ in found} == {"SCH002"}


@pytest.mark.parametrize("indent", [1, 4, "\t", None])
def test_a_long_list_in_json_is_read_item_by_item(indent, monkeypatch):
    """With the places that it has when it is read as one; in one line, or behind tabs, that of the item's line."""
    text = json.dumps({"apiVersion": "v1", "items": items(1_000), "kind": "List"}, indent=indent)
    _, as_one = found_in(text)
    monkeypatch.setattr(objects_of_texts, "LONG_JSON", 0)
    done, found = found_in(text)
    assert done.objects == 1_000
    assert len(found) == 10
    if isinstance(indent, int):
        assert found == as_one
    else:
        lines = [(line - 8 if indent else 1) for *_, line, _ in as_one]
        assert found == [(rule, ref, line, 1) for (rule, ref, *_), line in zip(as_one, lines, strict=True)]


@pytest.mark.parametrize(
    "tail", ["", "x", ",", ']}{"a": 1}', '], "kind": "List", "kind": "List"}', "]" * 200, "[" * 200]
)
def test_a_long_list_in_json_that_is_broken_is_told(tail, monkeypatch):
    """By the reader that knows what to say."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items(10)})[:-2] + tail
    slow = found_in(text)[1]
    monkeypatch.setattr(objects_of_texts, "LONG_JSON", 0)
    done, found = found_in(text)
    assert found == slow
    assert done.refused


def test_a_broken_item_of_a_very_long_list_hides_no_other(monkeypatch):
    """Where all of it is too much to be read as one."""
    monkeypatch.setattr(objects_of_texts, "MAX_COMPOSED", 10_000)
    lines = [f"- {json.dumps(one)}\n" for one in items(1_000)]
    lines[500] = "- {kind: [\n"
    done, found = found_in("kind: List\nitems:\n" + "".join(lines))
    assert done.objects == 999
    assert done.refused
    assert ("LOD003", 504) in {(rule, line) for rule, _, line, _ in found}


@pytest.mark.parametrize(
    "text",
    [
        "kind: ConfigMap\ndata: {a: " + "x" * 3_000 + "}\n",
        "a: " + "[" * 3_000,
        json.dumps({"kind": "ConfigMap", "data": {"a": "x" * 3_000}}),
    ],
)
def test_a_document_that_is_too_much_is_refused_in_words(text, monkeypatch):
    """What stands beside it is judged."""
    monkeypatch.setattr(objects_of_texts, "MAX_DOCUMENT", 2_000)
    done, found = found_in("kind: Service\nmetadata: {name: a}\napiVersion: v1\n---\n" + text)
    assert [(rule, line) for rule, _, line, _ in found if rule.startswith("LOD")] == [("LOD018", 4)]
    assert done.objects == 1
    assert done.refused


def test_lists_in_lists_are_objects_as_far_as_readers_go():
    """And beyond that a finding."""
    value = items(1)[0]
    for depth in range(80):
        value = {"apiVersion": "v1", "kind": "List", "items": [value]}
        done, _ = found_in(json.dumps(value))
        assert (done.objects, done.refused) in {(1, False), (0, True)}, depth
    assert done.refused


def test_aliases_that_would_fill_the_memory_are_refused():
    """A few lines that stand for billions."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    done, found = found_in("\n".join(lines))
    assert done.refused
    assert [rule for rule, *_ in found] == ["LOD007"]


@given(st.lists(st.one_of(objects(), VALUES), max_size=4), st.sampled_from([None, 1]))
@times(1)
def test_json_is_taken_apart_as_it_is_read_whole(found, indent):
    """Objects of any shape in a list."""
    text = json.dumps({"kind": "List", "items": found, "apiVersion": "v1"}, indent=indent)
    whole = [value for part in scan_objects(text, "-") for value, _ in part.read]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(objects_of_texts, "LONG_JSON", 0)
        apart = [value for part in scan_objects(text, "-") for value, _ in part.read]
    assert apart == whole


def test_a_folder_of_everything_is_judged_as_far_as_it_goes(tmp_path, monkeypatch):
    """Loops of links, folders without end, pipes, bytes that are no text, templates, strangers: each in its words."""
    monkeypatch.chdir(tmp_path)
    deep = tmp_path / "tree" / Path(*("d" for _ in range(70)))
    deep.mkdir(parents=True)
    tree = tmp_path / "tree"
    (deep / "a.yaml").write_text("kind: ConfigMap\n")
    (tree / "loop").symlink_to(tree)
    (tree / "round.yaml").symlink_to(tree / "round.yaml")
    os.mkfifo(tree / "pipe.yaml")
    (tree / "latin.yaml").write_bytes("kind: ConfigMap\nmetadata: {name: é}\n".encode("latin-1"))
    (tree / "template.yaml").write_text("kind: ConfigMap\nmetadata:\n  {{- if .Values.a }}\n  name: a\n")
    (tree / "stranger.yaml").write_text("apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: a}\n")
    (tree / "a.json").write_text(
        '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": 1}}'
    )
    done = audit_paths([Path("tree")], Given(PLATFORM))
    told = {(one.rule, one.place.file) for one in done.findings}
    assert {
        ("LOD002", "tree/latin.yaml"),
        ("AUD001", "tree/template.yaml"),
        ("SCH002", "tree/a.json"),
    } <= told
    assert "tree/pipe.yaml" in {file for _, file in told}
    assert "tree/round.yaml" in {file for _, file in told}
    assert any("folders deep" in one.message for one in done.findings)
    assert done.objects == 2
    assert done.refused
    assert any("`Thing`" in note for note in done.notes)


def test_many_small_files_are_one_tree(tmp_path):
    """Each object once."""
    for number, one in enumerate(items(1_200)):
        (tmp_path / f"{number}.yaml").write_text(json.dumps(one))
    done = audit_paths([tmp_path], Given(PLATFORM))
    assert done.objects == 1_200
    assert len(done.findings) == 12


def test_a_version_that_nobody_writes_so_is_seen_all_the_same():
    """The first look at the raw text misses it; the closer one does not, and everything is judged by it."""
    image = "registry.example/argoproj/workflow-control\\x6cer:v3.4.0"
    pod = f'{{containers: [{{name: a, image: "{image}"}}]}}'
    text = (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: workflow-controller, namespace: argo}}\n"
        f"spec: {{selector: {{}}, template: {{spec: {pod}}}}}\n---\n"
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: workflow-controller-configmap, namespace: argo}\n"
        "data: {containerRuntimeExecutor: docker}\n"
    )
    hidden, plain = (
        audit_text(one.encode(), Given({"kubernetes": "1.33"})) for one in (text, text.replace("\\x6c", "l"))
    )
    assert [one.message for one in hidden.findings] == [one.message for one in plain.findings]
    assert [one.message for one in hidden.findings if one.rule == "KFP023"]

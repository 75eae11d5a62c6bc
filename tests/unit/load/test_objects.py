"""Objects out of manifests: streams, lists, JSON, and where each of them stands."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstay.core.failure import BadInput
from backstay.load import chunk
from backstay.load.objects import load_objects, read_objects

_STREAM = """\
# a comment first
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
---
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: b
data: {8080: web, true: x}
--- # with a tag-like word in a script
kind: ConfigMap
metadata: {name: c}
data:
  run: |
    if [ ! -f x ]; then exit 1; fi
"""
_LIST = """\
apiVersion: v1
items:
- apiVersion: v1
  kind: Secret
  metadata:
    name: a
- kind: ConfigMap
  metadata:
    name: b
  data:
    t: |
      - x

      items:
      - y
# done
- kind: List
  items:
  - {kind: Pod, metadata: {name: c}}
kind: List
metadata:
  resourceVersion: ""
"""


def _names(read):
    return [value["metadata"]["name"] for value, _ in read]


def _found(text):
    with pytest.raises(BadInput) as refused:
        read_objects(text, "f")
    return [(found.rule, str(found.place)) for found in refused.value.found]


def test_a_stream_of_documents_is_read(tmp_path):
    """Comments and empty documents say nothing; keys are spelled as Kubernetes spells them."""
    (tmp_path / "f.yaml").write_text(_STREAM)
    read = load_objects(tmp_path / "f.yaml", "f.yaml")
    assert _names(read) == ["a", "b", "c"]
    assert read[1][0]["data"] == {"8080": "web", "true": "x"}
    assert [str(source.place(("metadata", "name"))) for _, source in read] == [
        "f.yaml:4:18",
        "f.yaml:10:9",
        "f.yaml:14:18",
    ]
    assert str(read[2][1].key_place(("data", "run"))) == "f.yaml:16:3"
    assert str(read[2][1].place(())) == "f.yaml:13:1"
    assert read[2][1].file == "f.yaml"


@pytest.mark.parametrize(
    "text",
    [
        _LIST,
        _LIST.replace("\n", "\r\n"),
        "---\n" + _LIST,
        _LIST.replace("metadata:\n  resource", "metadata:\n  res!x: &a 1\n  resource"),
    ],
)
def test_a_list_is_taken_apart(text):
    """Also a list in a list, with places in the text as it was given."""
    read = read_objects(text, "f")
    assert _names(read) == ["a", "b", "c"]
    assert read[1][0]["data"] == {"t": "- x\n\nitems:\n- y\n"}
    lines = text.split("\n")
    for (value, source), route in zip(read, [("metadata", "name")] * 3, strict=True):
        place = source.place(route)
        assert lines[place.line - 1][place.column - 1] == value["metadata"]["name"]
        assert place.route == route


def test_a_list_of_one_kind_gives_it_to_its_items():
    """As the API server lists objects: the items of a PodList say neither kind nor version."""
    text = "apiVersion: v1\nkind: PodList\nmetadata: {}\nitems:\n- metadata: {name: a}\n- kind: Odd\n  metadata: {name: b}\n"
    values = [value for value, _ in read_objects(text, "f")]
    assert values == [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}},
        {"kind": "Odd", "metadata": {"name": "b"}},
    ]


def test_an_object_whose_kind_sounds_like_a_list_is_one():
    """It has a name, as lists have not."""
    text = "kind: AllowList\nmetadata: {name: a}\nitems:\n- x\n- y\n"
    assert [value["items"] for value, _ in read_objects(text, "f")] == [["x", "y"]]


def test_items_may_share_an_anchor():
    """Then the list is read as one."""
    text = "kind: List\nitems:\n- {kind: A, metadata: &m {name: a}}\n- {kind: B, metadata: *m}\n"
    read = read_objects(text, "f")
    assert _names(read) == ["a", "a"]
    assert str(read[1][1].key_place(("metadata",))) == "f:4:13"


@pytest.mark.parametrize("indent", [None, 1, "\t"])
def test_json_is_read(indent):
    """A single object or a list, indented by tabs as well, with its places."""
    text = json.dumps(
        {"kind": "List", "items": [{"kind": "A", "metadata": {"name": "😀"}, "n": 1.5}]}, indent=indent
    )
    ((value, source),) = read_objects(text, "f")
    assert value == {"kind": "A", "metadata": {"name": "😀"}, "n": 1.5}
    place = source.place(("metadata", "name"))
    assert text.split("\n")[place.line - 1][place.column - 1 :].startswith('"\\ud83d')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1, "a": 2}', [("LOD004", "f:1:10")]),
        ('{"a": 1e999}', [("LOD022", "f:1:7")]),
        ('{"a": ' + "[" * 200 + "]" * 200 + "}", [("LOD019", "f:1:107")]),
        (
            "kind: A\n---\n- a\n---\nb: [\n---\nc: 1\nc: 2\n",
            [("LOD010", "f:3:1"), ("LOD003", "f:6:1"), ("LOD004", "f:8:1")],
        ),
        ("kind: List\nitems:\n- kind: A\n- x\n- a: 1\n  a: 2\n", [("LOD004", "f:6:3"), ("LOD010", "f:4:3")]),
        ("kind: List\nitems:\n- kind: A\n- x\n", [("LOD010", "f:4:3")]),
        (b"kind: A\n---\n\xff", [("LOD002", "f:3:1")]),
        ("kind: A\n---\n? [x]\n: y\n", [("LOD011", "f:3:3")]),
    ],
)
def test_what_cannot_be_read_is_told_at_its_place(text, expected):
    """Everything in the stream at once."""
    assert _found(text) == expected


def test_directives_keep_a_stream_in_one():
    """They belong to the document behind them."""
    read = read_objects(
        "%YAML 1.2\n---\nmetadata: {name: a}\n...\n%YAML 1.2\n---\nmetadata: {name: b}\n", "f"
    )
    assert _names(read) == ["a", "b"]
    assert str(read[1][1].place(("metadata",))) == "f:7:11"


@pytest.mark.parametrize("text", ["", "---\n", "# nothing\n---\n...\n", "kind: List\nitems: []\n"])
def test_nothing_said_is_no_object(text):
    """An empty snapshot is a snapshot."""
    assert read_objects(text, "f") == []


def test_a_very_large_document_is_placed_at_its_beginning(monkeypatch):
    """Its positions would take more memory than they are worth."""
    monkeypatch.setattr(chunk, "MAX_COMPOSED", 10)
    read = read_objects("a: 1\n---\nmetadata:\n  name: b\n", "f")
    assert str(read[1][1].place(("metadata", "name"))) == "f:2:1"


@given(
    st.lists(
        st.sampled_from(
            [
                "kind: List\n",
                "items:\n",
                "- a: 1\n",
                "  b: |\n",
                "    x\n",
                "---\n",
                "- ",
                "x\n",
                "  - y\n",
                "metadata: {}\n",
                "  c: &a 1\n",
                "  d: *a\n",
                "'",
                "\n",
                "# c\n",
                "%\n",
                "\t",
            ]
        ),
        max_size=14,
    )
)
def test_any_stream_is_objects_or_findings(parts):
    """Never anything else; cut to pieces or read as one, the objects are the same."""
    text = "".join(parts)
    try:
        cut = [value for value, _ in read_objects(text, "f")]
    except BadInput as refused:
        cut = [(found.rule, found.place) for found in refused.found]
    try:
        one = (
            [value for value, _ in read_objects("%YAML 1.2\n---\n" + text, "f")]
            if not text.startswith(("---", "%"))
            else cut
        )
    except BadInput:
        one = None
    assert one is None or one == cut

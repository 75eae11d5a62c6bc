"""Changes as text, JSON and Markdown: whole reports, as people and programs read them."""

from __future__ import annotations

import json
from dataclasses import replace

from backstay.core.diagnostic import ObjectRef
from backstay.core.fact import Origin, OriginKind
from backstay.core.place import Place
from backstay.diff.change import Change, Kind, Setter, in_order
from backstay.diff.report_json import to_json
from backstay.diff.report_markdown import to_markdown
from backstay.diff.report_text import summary, to_text

REF = ObjectRef("apps/v1", "Deployment", "kubeflow", "ml-pipeline")
PLACE = Place("specs/clusters/here.yaml", 7, 3, ("storage", "url"))
CHANGED = Change(
    "here", REF, Kind.CHANGED, ("spec", "env", 0, "value"), (), "spec.env[PORT].value", "80", "9000", PLACE,
    (Origin(OriginKind.SPEC, "storage.url"), Origin(OriginKind.VERSION, "pipelines 2.15", "since")), "component/a.yaml",
    Setter("kubectl-edit", "Update", "2026-10-01T12:00:00Z"),
)  # fmt: skip
GONE = Change(
    "here", REF, Kind.MISSING_FIELD, ("spec", "replicas"), (), "spec.replicas", 2, file="component/a.yaml"
)
MISSING = Change(
    "here", ObjectRef("v1", "ConfigMap", "", "cm"), Kind.MISSING_OBJECT, place=PLACE, note="no such kind"
)
EXTRA = Change("here", ObjectRef("v1", "ConfigMap", "s", "old"), Kind.EXTRA_OBJECT, file="b.yaml")


def test_text_tells_object_field_values_place_and_person():
    """One block an object, `-` for what is there and `+` for what is planned."""
    assert (
        to_text([MISSING, CHANGED, GONE])
        == """\
here: ConfigMap cm
  note: no such kind
  missing: the whole object
    --> specs/clusters/here.yaml:7:3 (storage.url)

here: Deployment kubeflow/ml-pipeline
  changed: spec.env[PORT].value
      - "9000"
      + "80"
    --> specs/clusters/here.yaml:7:3 (storage.url)
    from version pipelines 2.15
    set by kubectl-edit (Update) at 2026-10-01T12:00:00Z
  missing: spec.replicas
      + 2
"""
    )


def test_no_changes_are_no_text():
    """Not even a line."""
    assert to_text([]) == ""
    assert summary([], 1) == "no drift in 1 object"
    assert summary([CHANGED, GONE], 5) == "1 object differs, 5 compared"
    assert summary([CHANGED, MISSING], 5) == "2 objects differ, 5 compared"


def test_long_values_show_the_lines_that_differ():
    """With a line around, instead of two whole values."""
    was, planned = "a\nb\nc\nd\ne\nf\n", "a\nb\nc\nD\ne\nf\n"
    text = to_text([replace(CHANGED, planned=planned, actual=was)])
    assert "      ...\n        c\n      - d\n      + D\n        e\n" in text
    assert "a\n" not in text
    lists = to_text([replace(CHANGED, planned=["--a", "--b"], actual=["--a"])])
    assert '"--b"' in lists


def test_values_that_look_alike_are_said_to():
    """Two texts may differ in nothing that can be seen."""
    text = to_text([replace(CHANGED, planned="a\nb\n", actual="a\nb")])
    assert "(the lines shown are equal)" in text


def test_very_long_values_are_cut():
    """A terminal is not a pager."""
    text = to_text([replace(GONE, planned="\n".join(map(str, range(1000))))])
    assert "+ (600 more lines)" in text
    assert text.count("\n") < 410


def test_a_cluster_cannot_drive_the_terminal():
    """Control characters come out as escapes, in values, names and notes."""
    evil = "x\x1b[2J\u202ey"
    change = replace(
        CHANGED,
        ref=ObjectRef("v1", "Pod", "s", evil),
        actual=evil,
        words=evil,
        note=evil,
        setter=Setter(evil, evil, evil),
    )
    text = to_text([change])
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b[2J" in text
    assert "\x1b" not in to_markdown([change], 1)


def test_json_is_version_one_and_says_everything():
    """The contract of `--format json`."""
    found = json.loads(to_json([CHANGED, GONE], [{"rule": "MSH035"}]))
    assert (found["version"], found["diagnostics"]) == (1, [{"rule": "MSH035"}])
    assert found["changes"][0] == {
        "cluster": "here",
        "kind": "changed",
        "object": {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "namespace": "kubeflow",
            "name": "ml-pipeline",
        },
        "field": "spec.env[0].value",
        "inside": "",
        "words": "spec.env[PORT].value",
        "planned": "80",
        "actual": "9000",
        "place": {"file": "specs/clusters/here.yaml", "line": 7, "column": 3, "path": "storage.url"},
        "origins": [
            {"kind": "spec", "ref": "storage.url", "note": ""},
            {"kind": "version", "ref": "pipelines 2.15", "note": "since"},
        ],
        "file": "component/a.yaml",
        "setBy": {"manager": "kubectl-edit", "operation": "Update", "time": "2026-10-01T12:00:00Z"},
        "note": "",
    }
    assert (found["changes"][1]["setBy"], found["changes"][1]["place"]["file"]) == (None, "")


def test_json_carries_what_is_no_text():
    """A lone surrogate of a dump must not end the report."""
    text = to_json([replace(CHANGED, actual="\ud800")])
    assert text.isascii()
    assert json.loads(text)["changes"][0]["actual"] == "\ud800"


def test_markdown_is_a_table_that_values_cannot_break():
    """Bars and ticks in a value stay in its cell."""
    text = to_markdown([replace(CHANGED, actual="a|b`c\nd")], 3, ["drains `x` <b>"])
    head, _, remark, _, names, line, row = text.splitlines()
    assert head == "**backstay diff**: 1 object differs, 3 compared"
    assert remark == "- drains `x` &lt;b&gt;"
    assert names.count("|") == line.count("|") == row.replace("\\|", "").count("|") == 8
    assert '``"a\\|b`c\\nd"``' in row
    assert row.endswith("| `specs/clusters/here.yaml:7:3 storage.url` | `kubectl-edit` |")


def test_markdown_says_what_is_not_there():
    """Whole objects and fields, missing and too many."""
    rows = to_markdown(
        [MISSING, EXTRA, GONE, replace(CHANGED, kind=Kind.EXTRA_FIELD, planned=None)], 3
    ).splitlines()[-4:]
    cells = [[cell.strip(" `") for cell in row.split("|")[4:6]] for row in rows]
    assert cells == [["missing", "yes"], ["yes", "no longer"], ["missing", "2"], ['"9000"', "nothing"]]


def test_markdown_is_bounded():
    """A comment has a largest size."""
    text = to_markdown([CHANGED] * 10, 1, most=3)
    assert text.count("kubectl-edit") == 3
    assert "7 more changes are not shown." in text
    assert to_markdown([], 4) == "**backstay diff**: no drift in 4 objects\n"


def test_changes_have_one_order():
    """By cluster, object and field, indexes by number."""
    second, tenth = (replace(CHANGED, field=("spec", "env", n, "value")) for n in (2, 10))
    assert in_order([tenth, GONE, second, MISSING]) == [MISSING, second, tenth, GONE]

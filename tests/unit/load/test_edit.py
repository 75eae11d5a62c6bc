"""Edits of texts: the value is exactly the changed one, and whatever the change is not about stays."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backstay.core.fix import Edit, Rename, changed
from backstay.load.edit.apply import Group, edit, spliced
from backstay.text.yaml import parse

_KEYS = st.sampled_from(["a", "b", "name", "x-y", "a.b/c", "k8s", "env", "q"])
_SCALARS = st.sampled_from(
    [
        "text",
        "8Gi",
        "",
        "yes",
        "a: b",
        "it's",
        "# no",
        7,
        1.5,
        True,
        False,
        "two\nlines\n",
        "x" * 90,
        "ü",
        "a,b",
        "[",
        "-",
    ]
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.dictionaries(_KEYS, inner, min_size=0, max_size=4), st.lists(inner, min_size=0, max_size=3)
    ),
    max_leaves=12,
)
_SECOND = "the line also holds something else"
"""A list inside a list on one line, with a comment between its first items: said, and left to people."""
_DOCUMENTS = st.dictionaries(_KEYS, _VALUES, min_size=1, max_size=4)


class Writer:
    """Writes a value in all the ways that people do; `notes` has each comment with the route that it is about."""

    def __init__(self, draw, *, shares):
        self.draw = draw
        self.notes = {}
        self.lists_indented = draw(st.sampled_from([0, 2]))
        self.shares = shares
        self.anchored = []

    def note(self, route, *, chance=3):
        if self.draw(st.integers(0, chance)):
            return ""
        words = f"# c{len(self.notes)}-"
        self.notes[words] = route
        return words

    def document(self, value):
        head = self.note(())
        return (head + "\n" if head else "") + self.block(value, (), 0) + (self.note(()) or "") + "\n"

    def block(self, value, route, indent):
        lines = []
        for key, below in value.items() if isinstance(value, dict) else enumerate(value):
            pad = " " * indent
            if lines and (words := self.note(route)):
                lines.append(f"{pad}{words}\n")
            here = (*route, key)
            sign = f"{self.quoted(key)}:" if isinstance(value, dict) else "-"
            step = 2 if isinstance(value, list) or not isinstance(below, list) else self.lists_indented
            lines.append(f"{pad}{sign}{self.value(below, here, indent + step, isinstance(value, list))}")
        return "".join(lines)

    def value(self, value, route, indent, in_list):
        if isinstance(value, dict | list) and value and self.draw(st.integers(0, 3)):
            if in_list and self.draw(st.booleans()):
                return " " + self.block(value, route, indent).lstrip(" ")
            words = self.note(route)
            return (f"  {words}" if words else "") + "\n" + self.block(value, route, indent)
        if isinstance(value, str) and "\n" in value and self.draw(st.booleans()):
            words = self.note(route)
            return f" |{'  ' + words if words else ''}\n" + "".join(
                f"{' ' * (indent + 2)}{line}\n" for line in value.splitlines()
            )
        words = self.note(route)
        return f" {self.anchor(value)}{self.flow(value)}{'  ' + words if words else ''}\n"

    def anchor(self, value):
        if not self.shares or self.draw(st.integers(0, 4)):
            return ""
        self.anchored.append(value)
        return f"&n{len(self.anchored)} "

    def flow(self, value):
        if isinstance(value, dict):
            return "{" + ", ".join(f"{self.quoted(k)}: {self.flow(v)}" for k, v in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self.flow(v) for v in value) + "]"
        return (
            self.quoted(value)
            if isinstance(value, str)
            else {True: "true", False: "false"}.get(value, str(value))
        )

    def quoted(self, text):
        plain = text.isalnum() and text != "yes" and text.isascii()
        style = self.draw(st.sampled_from(["", "'", '"'] if plain else ['"', "'"]))
        if style == "'" and "\n" not in text:
            return "'" + text.replace("'", "''") + "'"
        return (
            text
            if plain and not style
            else '"' + text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"') + '"'
        )


def routes(value, route=()):
    """The routes of every value below a value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in pairs:
        yield (*route, key)
        yield from routes(below, (*route, key))


def any_change(draw, value):
    """A change that makes sense for the value."""
    every = list(routes(value))
    route = draw(st.sampled_from(every))
    kind = draw(st.sampled_from(["put", "remove", "rename", "add", "append"]))
    here = value
    for step in route:
        here = here[step]
    if kind == "remove":
        return Edit(route, None)
    if kind == "rename" and isinstance(route[-1], str):
        return Rename(route, "renamed")
    if kind == "add" and isinstance(here, dict):
        return Edit((*route, "added", "deep"), draw(_SCALARS))
    if kind == "append" and isinstance(here, list):
        return Edit((*route, len(here)), draw(_VALUES))
    return Edit(route, draw(_VALUES))


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_the_value_is_the_changed_one_and_comments_survive(data):
    """For any layout: what is read again is what was wanted, and only comments on what went are gone."""
    value = data.draw(_DOCUMENTS)
    writer = Writer(data.draw, shares=False)
    text = writer.document(value)
    assume(parse(text) == value)
    change = any_change(data.draw, value)
    done = edit(text, [Group(0, (change,))])
    assert not set(done.refused.values()) - {_SECOND}, text
    assume(not done.refused)
    new = spliced(text, done.splices)
    assert parse(new) == changed(value, [change]), new
    for words, route in writer.notes.items():
        gone = isinstance(change, Edit) and route[: len(change.route)] == change.route
        assert gone or words in new, f"{words} is lost:\n{text}\n->\n{new}"


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_several_changes_do_not_harm_each_other(data):
    """Whichever are accepted, the value read again has exactly those made."""
    value = data.draw(_DOCUMENTS)
    text = Writer(data.draw, shares=False).document(value)
    assume(parse(text) == value)
    changes = [any_change(data.draw, value) for _ in range(3)]
    done = edit(text, [Group(0, (change,)) for change in changes])
    assume(0 not in done.refused)
    assert {*done.accepted, *done.refused} == {0, 1, 2}
    made = list(dict.fromkeys(repr(changes[one]) for one in done.accepted))
    assert parse(spliced(text, done.splices)) == changed(
        value, [c for c in changes if repr(c) in made and made.remove(repr(c)) is None]
    )


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_shared_is_never_changed_elsewhere(data):
    """With anchors and aliases about, a change is made exactly or refused."""
    value = data.draw(_DOCUMENTS)
    writer = Writer(data.draw, shares=True)
    text = writer.document(value) + "".join(f"alias{n}: *n{n + 1}\n" for n in range(len(writer.anchored)))
    before = parse(text)
    assume(writer.anchored)
    change = any_change(data.draw, before)
    done = edit(text, [Group(0, (change,))])
    after = parse(spliced(text, done.splices))
    assert after == (before if done.refused else changed(before, [change]))


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ("a: 8GB  # unit\n", Edit(("a",), "8Gi"), "a: 8Gi  # unit\n"),
        ("a: '8GB'\n", Edit(("a",), "8Gi"), "a: '8Gi'\n"),
        ("# top\na:\n  # on b\n  b: 1\n", Edit(("a", "c"), 2), "# top\na:\n  # on b\n  b: 1\n  c: 2\n"),
        ("a: {b: 1}", Edit(("a", "c"), 2), "a: {b: 1, c: 2}"),
        ("a:  # why\n  b: 1\n", Edit(("a", "b"), None), "a: {}  # why\n"),
        ("a:\n- x\n- y  # last\n", Edit(("a", 2), "z"), "a:\n- x\n- y  # last\n- z\n"),
        ("a:\n  - n: 1\n    m: 2\n", Edit(("a", 0, "n"), None), "a:\n  - m: 2\n"),
        ("timeOut:  # long\n  b: 1\n", Rename(("timeOut",), "timeout"), "timeout:  # long\n  b: 1\n"),
        ('{"a": {"b": "c"}}', Edit(("a", "d"), "e"), '{"a": {"b": "c", "d": "e"}}'),
        ('{\n  "a": 1,\n  "b": 2\n}\n', Edit(("a",), None), '{\n  "b": 2\n}\n'),
        ("data:\n  providers: |  # of all\n    minio:  # one\n      url: x\n",
         Rename(("data", "providers", "minio", "url"), "endpoint"),
         "data:\n  providers: |  # of all\n    minio:  # one\n      endpoint: x\n"),
    ],
)  # fmt: skip
def test_layout_is_kept(before, change, after):
    """The smallest change of the text, in the manner of what stands there."""
    done = edit(before, [Group(0, (change,))])
    assert not done.refused
    assert spliced(before, done.splices) == after


def test_other_documents_and_a_base_inside_a_list_are_respected():
    """Routes are those of the object; what stands around it stays."""
    text = "kind: A\n---\nkind: List\nitems:\n- kind: B\n  spec: {x: 1}\n- kind: C\n"
    done = edit(text, [Group(1, (Edit(("spec", "x"), 2),), ("items", 0))])
    assert spliced(text, done.splices) == text.replace("x: 1", "x: 2")


@pytest.mark.parametrize(
    ("text", "change", "why"),
    [
        ("a: &x {b: 1}\nc: *x\n", Edit(("c", "b"), 2), "`c.b` is shared by an alias"),
        ("a: &x {b: 1}\nc: *x\n", Edit(("a", "b"), 2), "without touching something else"),
        ("a: &x {b: 1}\nc: {<<: *x}\n", Edit(("c", "b"), None), "is not written here"),
        ("a: 1\n", Edit(("a", "b"), 2), "there is no place"),
        ("a: [\n", Edit(("a",), 2), "close the"),
    ],
)
def test_what_cannot_be_changed_is_refused_in_words(text, change, why):
    """Nothing is guessed, and nothing is raised."""
    done = edit(text, [Group(0, (change,))])
    assert not done.splices
    assert why in done.refused[0] or why == "close the"

"""Documents: what is read, where it stands, and every way in which a text is refused."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstay.core.failure import BadInput
from backstay.load.document import MAX_BYTES, load_document, read_document


def _found(text):
    with pytest.raises(BadInput) as refused:
        read_document(text, "f.yaml")
    return [(f.rule, str(f.place), f.place.path, f.message) for f in refused.value.found]


def _first(text):
    with pytest.raises(BadInput) as refused:
        read_document(text, "f.yaml")
    return refused.value.found[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("LOD009", "f.yaml:1:1", "", "the file says nothing")]),
        ("# only this\n", [("LOD009", "f.yaml:1:1", "", "the file says nothing")]),
        ("---\n...\n", [("LOD009", "f.yaml:1:1", "", "the file says nothing")]),
        ("- a\n", [("LOD010", "f.yaml:1:1", "", "no mapping of keys to values")]),
        ("a: 1\n---\nb: 2\n", [("LOD006", "f.yaml:3:1", "", "a second document begins here")]),
        ("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\na: 4\n", [
            ("LOD004", "f.yaml:5:3", "b.c", "key `c` is given twice"),
            ("LOD004", "f.yaml:6:1", "a", "key `a` is given twice"),
        ]),
        ("a:\n  - x\n\t- y\n", [("LOD005", "f.yaml:3:1", "", "a tab where only blanks may stand")]),
        ("a:\n\tb: 1\n", [("LOD005", "f.yaml:2:1", "", "a tab where only blanks may stand")]),
        ("a:\tb", [("LOD005", "f.yaml:1:3", "", "a tab where only blanks may stand")]),
        ("a: 1\n\t# note\n", [("LOD005", "f.yaml:2:1", "", "a tab where only blanks may stand")]),
        ('a: "\\ud83d"\nb: "\\U7fffffff"', [
            ("LOD017", "f.yaml:1:4", "a", "an escape that means no character"),
            ("LOD017", "f.yaml:2:2", "", "an escape that means no character"),
        ]),
        ("a: &x [*x]", [("LOD007", "f.yaml:1:8", "a[0]", "alias `*x` stands inside its own anchor")]),
        ("a: *x", [("LOD003", "f.yaml:1:4", "a", "alias `*x` has no anchor `&x` above it")]),
        ("<<: 3\nb: {<<: [{c: 1}, x]}\n", [
            ("LOD008", "f.yaml:1:5", '["<<"]', "`<<` takes a mapping or a list of mappings"),
            ("LOD008", "f.yaml:2:18", 'b["<<"]', "`<<` takes a mapping or a list of mappings"),
        ]),
        ("<<: {a: 1}\n<<: {b: 1}\n", [("LOD004", "f.yaml:2:1", '["<<"]', "key `<<` is given twice")]),
        ("8080: a\nnull: b\ntrue: c\n[x]: d\n", [
            ("LOD011", "f.yaml:1:1", "", "`8080` as a key is not text"),
            ("LOD011", "f.yaml:2:1", "", "`null` as a key is not text"),
            ("LOD011", "f.yaml:3:1", "", "`true` as a key is not text"),
            ("LOD011", "f.yaml:4:1", "", "a list or a mapping as a key is not text"),
        ]),
        ("a: !!str 1\nb: !x {c: 1}\n", [
            ("LOD012", "f.yaml:1:4", "a", "tag `tag:yaml.org,2002:str`"),
            ("LOD012", "f.yaml:2:4", "b", "tag `!x`"),
        ]),
        ("%YAML 1.1\n---\na: on\n", [("LOD021", "f.yaml:2:1", "", "asks for YAML 1.1")]),
        ("a: .inf\nb: 1e400\nc: " + "9" * 400, [
            ("LOD022", "f.yaml:1:4", "a", "`.inf` is no finite number"),
            ("LOD022", "f.yaml:2:4", "b", "`1e400` is larger than any number"),
            ("LOD022", "f.yaml:3:4", "c", "a number of 400 digits"),
        ]),
        ("é: \u2028 \x07", [
            ("LOD017", "f.yaml:1:4", "", "character U+2028 (line separator)"),
            ("LOD017", "f.yaml:1:6", "", "character U+0007 (control character)"),
        ]),
        ("a: \ud800", [("LOD017", "f.yaml:1:4", "", "character U+D800 (control character)")]),
        (b"a: 1\r\n\xc3\xa9: \xff", [("LOD002", "f.yaml:2:4", "", "byte 0xff is not UTF-8")]),
        ("a: 1".encode("utf-16"), [("LOD002", "f.yaml:1:1", "", "UTF-16, not UTF-8")]),
        ("#" * (MAX_BYTES + 1), [("LOD018", "f.yaml", "", f"more than {MAX_BYTES} bytes")]),
        ("a: " + "[" * 300, [("LOD019", "f.yaml:1:104", "a[0][0][0][0]", "more than 100 levels")]),
        ("\n".join(" " * n + "a:" for n in range(300)), [("LOD019", "f.yaml:101:101", "a.a.a.a.a", "more than 100 levels")]),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_at_its_place(text, expected):
    """Rule, line and column, route, message: of every finding in the text."""
    assert _found(text) == expected


@pytest.mark.parametrize(
    ("text", "place", "message", "help_", "related"),
    [
        (
            "a: [1\nb: 2",
            "2:2",
            "expected ',' or ']', but found ':'",
            "close the bracket",
            ("1:4", "the list begins here"),
        ),
        (
            "a: 'x\n",
            "2:1",
            "found unexpected end of stream",
            "close the quote",
            ("1:4", "the quoted text begins here"),
        ),
        ("a: @x", "1:4", "a value cannot start with '@'", "quote the value", None),
        ("a: x\nb: - c", "2:4", "sequence entries are not allowed", "on lines of its own", None),
        ("a: b: c", "1:5", "mapping values are not allowed", "quote the value", None),
        (
            "a:\n - x\n- y",
            "3:1",
            "expected the end of the block, but found '-'",
            "indentation",
            ("1:1", "the mapping begins here"),
        ),
        (
            'a: "\\q"',
            "1:6",
            "found unknown escape character 'q'",
            "single quotes",
            ("1:4", "the quoted text begins here"),
        ),
        (
            "\ufeffa: 1\r\nb: [\r\n",
            "3:1",
            "expected the node content, but found the end of the file",
            "close the bracket",
            None,
        ),
    ],
)
def test_broken_yaml_is_explained(text, place, message, help_, related):
    """The place where reading failed, what to do, and where the broken thing began."""
    found = _first(text)
    assert (found.rule, str(found.place)) == ("LOD003", f"f.yaml:{place}")
    assert message in found.message
    assert help_ in found.help
    assert [(str(other.place), other.message) for other in found.related] == (
        [(f"f.yaml:{related[0]}", related[1])] if related else []
    )


def test_a_duplicate_names_the_first():
    """The first of two keys is a related place."""
    (related,) = _first("a: 1\nb: 2\na: 3\n").related
    assert (str(related.place), related.message) == ("f.yaml:1:1", "first given here")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("\ufeffa: 1\n", {"a": 1}),
        ("a: 'x\r\n  y'\r\nb: |\r\n  t\r\n", {"a": "x y", "b": "t\n"}),
        ("%YAML 1.2\n---\na: on\n...\n", {"a": "on"}),
        ("a: 010\nb: 0o10\nc: -0x10\nd: 0b1\ne: +.5\n", {"a": 10, "b": 8, "c": "-0x10", "d": "0b1", "e": 0.5}),
        ("a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}\nf: {b: 3, <<: *x}\n",
         {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 1, "e": 2}, "f": {"b": 3}}),
        ("a: &x {k: 1}\nb: &y {k: 2, l: 3}\nc: {<<: [*x, *y]}\n", {"a": {"k": 1}, "b": {"k": 2, "l": 3}, "c": {"k": 1, "l": 3}}),
        ('a: "\\ud83d\\ude00 \\u00e9"\nb: [db:5432, {u: http://x:80/}]\nc: 010\n',
         {"a": "😀 é", "b": ["db:5432", {"u": "http://x:80/"}], "c": 10}),
        ("'<<': 3\nb: '<<'\n", {"<<": 3, "b": "<<"}),
        ("a: |\n  x\n  \ty\nb: {\n\tc: 1\n}\nd: 'x\n\ty'\n", {"a": "x\n\ty\n", "b": {"c": 1}, "d": "x y"}),
        ("&k a: 1\nb: {*k : 2}\n", {"a": 1, "b": {"a": 2}}),
        ("? a\n: b\n", {"a": "b"}),
        ("a:\n  b: |\n  \n    x\nc: 010\n", {"a": {"b": "\nx\n"}, "c": 10}),
    ],
)  # fmt: skip
def test_odd_but_sound_texts_are_read(text, value):
    """Byte order marks, CRLF, anchors, merge keys, markers and tabs that are no indentation."""
    assert read_document(text.encode(), "f.yaml").value == value


def test_places_count_lines_and_characters():
    """Of values and of keys; a missing route falls back to its closest parent, and keeps its own name."""
    document = read_document("a: {b: [x, ü, z]}\n日本:\n  - c: 1\n", "f.yaml")
    assert str(document.place(("a", "b", 2))) == "f.yaml:1:15"
    assert str(document.key_place(("a", "b"))) == "f.yaml:1:5"
    assert str(document.place(("日本", 0, "c"))) == "f.yaml:3:8"
    assert str(document.key_place(("日本",))) == "f.yaml:2:1"
    assert str(document.place(("a", "b", 7, "no"))) == "f.yaml:1:8"
    assert document.place(("a", "b", 7, "no")).path == "a.b[7].no"
    assert str(document.place(())) == "f.yaml:1:1"


def test_places_are_right_behind_a_mark_and_in_crlf_files():
    """The byte order mark takes no column and CR LF is one line end."""
    document = read_document("\ufeffa: 1\r\nb: 2\r\n".encode(), "f.yaml")
    assert [str(document.place((key,))) for key in "ab"] == ["f.yaml:1:4", "f.yaml:2:4"]


def test_places_behind_a_text_that_begins_with_blanks():
    """The slow way understands every text that the fast one does."""
    assert str(read_document("a:\n  b: |\n  \n    x\nc: 1\n", "f.yaml").place(("c",))) == "f.yaml:5:4"


def test_what_an_anchor_brings_in_stands_at_the_anchor():
    """The key of an alias is its own; everything under it, and what `<<` merges, is the anchor's."""
    document = read_document("a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}\n", "f.yaml")
    assert str(document.key_place(("c",))) == "f.yaml:2:1"
    assert str(document.place(("c", "b"))) == "f.yaml:1:11"
    assert str(document.key_place(("d", "b"))) == "f.yaml:1:8"
    assert str(document.place(("d", "e"))) == "f.yaml:3:16"


@pytest.mark.parametrize(
    "text",
    [
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)),
        f"a: &a [{','.join(['x'] * 20000)}]\nb: [{','.join(['*a'] * 20000)}]\n",
        "a: &a {"
        + ",".join(f"k{n}: 1" for n in range(5000))
        + "}\n"
        + "".join(f"b{n}: {{<<: *a}}\n" for n in range(5000)),
    ],
)
def test_bombs_are_refused(text):
    """Aliases in aliases, a long list repeated, and mappings merged over and over."""
    assert _first(text).rule == "LOD007"


def test_aliases_may_not_nest_deeply():
    """Levels count through aliases, too."""
    text = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 150))
    found = _first(text)
    assert (found.rule, found.place.line) == ("LOD019", 100)


def test_findings_are_not_endless():
    """A file of nothing but mistakes yields a hundred of them."""
    assert len(_found("a: 1\n" * 5000)) == 100
    assert len(_found("\x00" * 5000)) == 20


def test_tabs_after_a_broken_line_are_not_blamed():
    """Only a line that reading failed on, and those before it, count as indented by tabs."""
    assert [found[:2] for found in _found("a: [1\nb: 2\n\tc: 3\n")] == [("LOD003", "f.yaml:2:2")]


def _read(content):
    """The document and no findings, or the findings."""
    try:
        return read_document(content, "f.yaml"), []
    except BadInput as refused:
        return None, refused.found


@given(st.binary(max_size=60))
def test_any_bytes_are_a_document_or_findings(content):
    """Never anything else, and every finding has a rule, a message and the file."""
    document, found = _read(content)
    assert all(f.rule.startswith("LOD") and f.message and f.place.file == "f.yaml" for f in found)
    assert found or document.place(()).line >= 1


@given(st.text(alphabet=st.sampled_from(list("ab1:-?&*!%#|>'\"@[]{}<, \n\n\t\r\\é")), max_size=60))
def test_any_text_is_a_document_or_findings(text):
    """As above, for texts that are nearly YAML; every key of a document has a place of its own."""
    document, found = _read(text)
    assert all(f.rule.startswith("LOD") and f.help and f.place.line >= 1 for f in found)
    assert found or all(document.key_place((key,)).line >= 1 for key in document.value)


def test_files_are_read_and_what_is_no_file_is_refused(tmp_path):
    """A folder, a pipe nobody writes to, a missing and a locked file each say why."""
    good = tmp_path / "good.yaml"
    good.write_bytes(b"a: 1\n")
    assert load_document(good, "good.yaml").value == {"a": 1}
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    big = tmp_path / "big.yaml"
    big.write_bytes(b"#" * (MAX_BYTES + 1))
    messages = {}
    for name in ("pipe.yaml", "folder.yaml", "none.yaml", "big.yaml"):
        with pytest.raises(BadInput) as refused:
            load_document(tmp_path / name, name)
        (found,) = refused.value.found
        messages[name] = (found.rule, found.message, found.place.file)
    assert messages == {
        "pipe.yaml": ("LOD001", "cannot be read: not a regular file", "pipe.yaml"),
        "folder.yaml": ("LOD001", "cannot be read: is a directory", "folder.yaml"),
        "none.yaml": ("LOD001", "cannot be read: no such file or directory", "none.yaml"),
        "big.yaml": ("LOD018", f"more than {MAX_BYTES} bytes", "big.yaml"),
    }

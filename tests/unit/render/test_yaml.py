"""The emitter: every reader gets back exactly what went in, and equal values give equal bytes."""

import io
import os
import subprocess
import sys

import pytest
import ryaml
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from backstay.render.yaml import dump

# What some reader of YAML 1.1 or 1.2 takes for something else than text when it stands plain.
TRAPS = [
    "", " ", "~", "null", "Null", "NULL", "y", "Y", "n", "N", "yes", "Yes", "no", "NO", "on", "On", "off", "OFF",
    "true", "True", "FALSE", "0", "08", "0o7", "0x10", "0b1", "1_000", "1e3", "1E3", "1.", ".5", "+1", "-1", "-.5",
    "12:30", "190:20:30", "1:2.5", ".inf", "-.inf", "+.INF", ".nan", ".NaN", "nan", "inf", "Infinity", "=", "<<",
    "2020-01-01", "2020-01-01T00:00:00Z", "2001-12-14 21:59:43.10 -5", "- a", "-", "--", "---", "...", "? a", "?",
    ": a", ":", "a:", "a: b", "a #b", "#a", " a", "a ", "\ta", "a\t", "a\tb", "&a", "*a", "!a", "!!str", "|", ">",
    "|-", "@a", "`a`", "%a", "[a]", "{a}", "{{a}}", "[", "]", "{", "}", ",", "a, b", "'a'", '"a"', "it's", 'say "a"',
    "\\", "a\\nb", "%YAML 1.2", "1.2.3", "10.0.0.1", "60s", "1h30m", "64Gi", "1Gi", "5e", "1d", "0x", "_1", "_",
    "--port=80", "---a", "-a", "$(A)", "http://a.b:80/c", "a::b", "a:b", "gcr.io/a/b:1@sha256:0", "größe", "日本", "👍",
    "\ufeff", "a\ufeff", "\x00", "\x07", "\x1b", "\x7f", "\x85", "a\x85b", "\xa0", "\u2028", "a\u2029b", "\u200b", "\u202e",
    "\ufffd", "\ufffe", "\uffff", "\U0010ffff", "\r", "a\rb", "a\r\nb", "\n", "\n\n", "a\n", "a\n\n", "\na", "\n\na\n",
    "a\nb", "a\n\nb\n", "a\n b\n", " a\nb\n", "\n a\nb", "a \nb", "a\n \nb", "a\nb ", "a\n\tb\n", "a\tb\nc\n", "\ta\nb\n",
    "# a\nb\n", "---\na: b\n", "a: 1\nb:\n  - c\n", "%a\nb", "...\n", "a\x85\nb", "a\u2028\nb\n", "a\x07\nb\n", "ü\nß\n",
]  # fmt: skip

# Half of the cases draw from the characters that YAML cares about.
TEXTS = st.one_of(
    st.sampled_from(TRAPS),
    st.text(alphabet="ab01:#-_.~'\"\\,[]{}&*!|>%@` \t\n=<", max_size=12),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20),
    st.from_regex(r"[-+]?[0-9_.:]{1,6}([eE][-+]?[0-9]{1,2})?", fullmatch=True),
)
# ryaml reads integers of up to 64 bits; longer ones have a test of their own.
NUMBERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXTS, below, max_size=4),
    max_leaves=20,
)
DOCUMENTS = st.dictionaries(TEXTS, VALUES, max_size=5)


def _ruamel(text):
    return YAML(typ="safe", pure=True).load(io.StringIO(text))


READERS = {"PyYAML (1.1)": yaml.safe_load, "ruamel (1.2)": _ruamel, "ryaml": ryaml.loads}


def _typed(value):
    """The value with its types told apart, for `1 == True == 1.0`, and `-0.0` from `0.0`."""
    if isinstance(value, dict):
        return {key: _typed(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_typed(below) for below in value]
    return type(value).__name__, repr(value)


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@given(value=DOCUMENTS)
def test_every_reader_gets_back_the_value(reader, value):
    """Arbitrary nested values survive a reader of either YAML version, types included."""
    assert _typed(reader(dump(value))) == _typed(value)


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize("text", TRAPS)
def test_every_trap_survives_in_every_position(reader, text):
    """A text that looks like something else stays a text as value, item, key and nested item."""
    value = {"value": text, "list": [text, [text], {text: text}], text: {text: [text]}}
    assert reader(dump(value)) == value


@given(value=DOCUMENTS, order=st.randoms(use_true_random=False))
def test_the_order_of_insertion_does_not_matter(value, order):
    """Shuffling every map gives the same bytes."""

    def shuffled(below):
        if isinstance(below, dict):
            return {key: shuffled(below[key]) for key in order.sample(list(below), len(below))}
        return [shuffled(item) for item in below] if isinstance(below, list) else below

    assert dump(shuffled(value)) == dump(value)


@given(value=DOCUMENTS)
def test_the_text_is_clean(value):
    """One newline at the end, no blanks at a line's end outside of texts, nothing invisible, UTF-8."""
    text = dump(value)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert not any(line.endswith((" ", "\t")) for line in text.split("\n"))
    assert text.isprintable() or all(c.isprintable() or c in "\n\t" or ord(c) > 0xA0 for c in text)
    text.encode()


def test_the_same_bytes_under_any_hash_seed():
    """Neither sets nor hashes decide an order."""
    program = (
        "from backstay.render.yaml import dump\n"
        "print(dump({k: {j: [k, j, {'name': j, 'value': k}] for j in 'zyxab'} for k in ('kind', 'b', 'metadata', 'a', 'Z')}))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(texts) == 1
    assert b"kind:" in texts.pop()


def test_the_layout():
    """Identity first, then by code point; lists keep their order and are indented; nested text stays readable."""
    value = {
        "spec": {
            "template": {"args": ["--grpc_port=8080", "yes", [1, ["x", {}]], {"b": 1, "a": []}]},
            "env": [{"value": "08", "name": "A"}, {"name": "B", "valueFrom": {"key": None}}],
            "Zone": True,
            "idle": "3600s",
        },
        "data": {"config.yaml": "a: 1\n\nb:\n  - c\n", "tail": "x\ny"},
        "metadata": {"labels": {"on": "on"}, "namespace": "n", "name": "größe"},
        "kind": "ConfigMap",
        "apiVersion": "v1",
    }
    assert dump(value) == (
        "apiVersion: v1\n"
        "kind: ConfigMap\n"
        "metadata:\n"
        '  name: "größe"\n'
        '  namespace: "n"\n'
        "  labels:\n"
        '    "on": "on"\n'
        "data:\n"
        "  config.yaml: |\n"
        "    a: 1\n"
        "\n"
        "    b:\n"
        "      - c\n"
        "  tail: |-\n"
        "    x\n"
        "    y\n"
        "spec:\n"
        "  Zone: true\n"
        "  env:\n"
        "    - name: A\n"
        '      value: "08"\n'
        "    - name: B\n"
        "      valueFrom:\n"
        "        key: null\n"
        "  idle: 3600s\n"
        "  template:\n"
        "    args:\n"
        "      - --grpc_port=8080\n"
        '      - "yes"\n'
        "      - - 1\n"
        "        - - x\n"
        "          - {}\n"
        "      - a: []\n"
        "        b: 1\n"
    )


def test_an_empty_map_is_a_document():
    """Nothing to say is still a document."""
    assert dump({}) == "{}\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e16, "1.0e+16"),
        (1e-7, "1.0e-07"),
        (1.5e300, "1.5e+300"),
        (-0.0, "-0.0"),
        (3.0, "3.0"),
        (10**30, "1" + "0" * 30),
    ],
)
def test_numbers_have_one_form(value, text):
    """A point in every float (YAML 1.1 wants one), every digit of an integer."""
    assert dump({"a": value}) == f"a: {text}\n"
    assert yaml.safe_load(dump({"a": value})) == {"a": value}
    assert _ruamel(dump({"a": value})) == {"a": value}


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), float("-inf"), "\ud800", "a\n\udfff", object(), b"x", ()]
)
def test_what_readers_do_not_share_is_refused(value):
    """No guess is written for what JSON and Kubernetes cannot hold."""
    with pytest.raises(ValueError, match="no YAML form"):
        dump({"a": [value]})


def test_a_key_too_long_to_stand_on_a_line_is_refused():
    """YAML ends an implicit key within 1024 characters; up to there it is written."""
    assert ryaml.loads(dump({"k" * 990: 1})) == {"k" * 990: 1}
    with pytest.raises(ValueError, match="key of 1001"):
        dump({"k" * 1001: 1})


def test_what_a_reviewer_cannot_see_is_escaped():
    """A text that turns the reading direction cannot hide in the output."""
    assert (
        dump({"a": "x\u202ey\u200b", "b": "x\n\u2066y\n"}) == 'a: "x\\u202ey\\u200b"\nb: "x\\n\\u2066y\\n"\n'
    )

"""The generated pages, and what keeps all pages true: links, freshness, and commands that print what a page says."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from backstay.fix.known import levels
from backstay.rules import rules_by_id
from backstay.text.yaml import parse

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))  # the tools are scripts: they are imported as they import each other

import docs  # noqa: E402 - after the path that makes it importable
import pages as made  # noqa: E402 - as above
import reference  # noqa: E402 - as above

PAGES = dict(made.pages())


def test_every_rule_has_a_page_that_says_what_breaks():
    """And a row in the list, in the family it belongs to."""
    rules = rules_by_id()
    assert len(rules) > 100
    listed = PAGES["docs/rules/README.md"]
    for id_, rule in rules.items():
        page = PAGES[f"docs/rules/{id_}.md"]
        assert re.match(rf"# {id_}: {rule.name}\n\nSeverity: {rule.severity.value}(\.|\n)", page)
        assert ("Repairs: " in page) == bool(levels(id_))
        assert page.count("## Breaks\n") == 1
        assert listed.count(f"[{id_}]({id_}.md)") == 1
        assert id_[:3] in made.FAMILIES


def test_a_rule_with_examples_shows_them_as_code_and_its_sources_last():
    """The docstring's own order may differ; its words do not."""
    page = PAGES["docs/rules/KFP001.md"]
    titles = re.findall(r"^## (.*)$", page, re.MULTILINE)
    assert titles == ["Breaks", "Bad", "Good", "Not judged", "Source"]
    assert page.count("```yaml\n# --platform pipelines=2.17\napiVersion: v1\nkind: ConfigMap\n") == 2
    assert "kubeflow/pipelines backend/src/v2/config/env.go" in page


def test_cells_and_sentences_cannot_break_a_table():
    """A bar would end the cell, a line break the row."""
    assert made.cell("a | b\n c") == "a \\| b c"
    assert made.sentence("it fails") == "It fails."
    assert made.sentence('it says "no".') == 'It says "no".'


def test_the_reference_knows_every_key_of_the_examples():
    """Each key of each example spec stands in the section that its way leads to."""
    text = PAGES["docs/reference/spec.md"]
    sections = {
        title.strip("`"): set(re.findall(r"^\| `?([\w ]+?)`? \|", body, re.MULTILINE))
        for title, body in re.findall(r"^## (.*?)$(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    }
    seen = 0
    for path in sorted((ROOT / "specs").glob("*/*.yaml")):
        for way, key in _keys(parse(path.read_text(encoding="utf-8")), "", sections):
            known = sections[way or "A cluster"]
            assert key in known or "any other name" in known, (path.name, way, key)
            seen += 1
    assert seen > 200


def _keys(value, way, sections):
    """The keys in those mappings that the page has a section for."""
    if isinstance(value, list):
        for item in value:
            yield from _keys(item, f"{way}[]", sections)
    elif isinstance(value, dict) and (not way or way in sections):
        for key, below in value.items():
            yield way, key
            yield from _keys(below, f"{way}.{key}".strip("."), sections)
    elif isinstance(value, dict):
        for below in value.values():
            yield from _keys(below, f"{way}.<name>", sections) if f"{way}.<name>" in sections else ()


def test_links_inside_the_reference_lead_to_headings():
    """The anchors are made as Markdown renderers make them."""
    text = reference.page()
    headings = {
        re.sub(r"[^\w -]", "", title).replace(" ", "-").lower()
        for title in re.findall(r"^## (.*)$", text, re.MULTILINE)
    }
    links = set(re.findall(r"\]\(#([^)]*)\)", text))
    assert links
    assert links <= headings


def test_what_is_needed_is_told_from_what_has_a_default():
    """A key without which a spec is refused says so, as a key with a value to fall back on says which."""
    text = reference.page()
    assert "| `kubernetes` | version | needed |" in text
    assert "| `dataPlane` | `sidecar`, `ambient`, `none` | `sidecar` |" in text
    assert "| `silentFor` | duration |  |" in text


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """An empty folder in the place of the repository."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(docs, "REPO", tmp_path)
    monkeypatch.setattr(docs, "PAGES", ("README.md", "docs"))
    monkeypatch.setattr(docs, "pages", lambda: [("docs/rules/A001.md", "# A001\n")])
    (tmp_path / "README.md").write_text(
        "see [the rule](docs/rules/A001.md#why) and [the web](https://docs.example)\n"
    )
    return tmp_path


def _run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["docs.py", *words])
    return docs.main()


def test_pages_are_written_and_then_fresh(repository, monkeypatch, capsys):
    """What is left over goes; what changed is named."""
    (repository / "docs/rules").mkdir(parents=True)
    (repository / "docs/rules/B002.md").write_text("old")
    assert _run(monkeypatch, "--check") == 1
    said = capsys.readouterr().err
    assert "docs/rules/A001.md: stale" in said
    assert "docs/rules/B002.md: left over" in said
    assert _run(monkeypatch) == 0
    assert [path.name for path in (repository / "docs/rules").iterdir()] == ["A001.md"]
    assert _run(monkeypatch, "--check") == 0


def test_a_link_to_nowhere_is_found(repository, monkeypatch, capsys):
    """Relative links only: the web is not asked."""
    (repository / "docs").mkdir()
    (repository / "docs/guide.md").write_text("[here](rules/A001.md) [there](rules/nothing.md)\n")
    assert _run(monkeypatch) == 1
    assert capsys.readouterr().err == "docs/guide.md: the link to rules/nothing.md leads nowhere\n"


@pytest.mark.parametrize(
    ("said", "true"),
    [
        ("backstay 0.1.0\n", True),
        ("...\n", True),
        ("backstay 0.2.0\n", False),
        ("backstay 0.1.0\nmore\n", False),
        ("...\nbackstay 0.1.0\n...\n", True),
        ("...\nbackstay 0.2.0\n...\n", False),
        ("", False),
    ],
)
def test_a_console_block_has_to_be_true(repository, monkeypatch, capsys, said, true):
    """A line of dots stands for any lines, also for none."""
    _run(monkeypatch)
    with (repository / "README.md").open("a") as page:
        page.write(f"\n```console\n$ ls\nanything\n$ backstay --version\n{said}```\n")
    assert _run(monkeypatch, "--check") == (0 if true else 1)
    assert ("prints something else" in capsys.readouterr().err) is not true

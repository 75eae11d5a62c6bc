"""The generated pages of docs/: a page per rule, the list of rules, the spec reference, the command line reference."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
import reference

from backstay.cli.main import backstay
from backstay.pipeline import rules_by_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from backstay.core.rule import Rule

FAMILIES = {
    "LOD": "Reading files",
    "SPC": "What a spec says",
    "SEC": "Secrets, and what every pod must satisfy",
    "VER": "Versions and presets",
    "KFP": "Kubeflow Pipelines, Argo Workflows and the artifact store",
    "MSH": "Connections, with a mesh and without",
    "JOB": "Training jobs",
    "POL": "Policies and waivers",
    "GOP": "GitOps",
    "CUE": "An organisation's own policies",
    "SCH": "Upstream schemas",
    "OUT": "Writing the output",
    "ADM": "Admission policies",
}
"""The families of rules in the order of the pipeline's stages; an id starts with its family."""

_SECTION = re.compile(r"^(Breaks|Bad|Good|Source|Not judged):[ \t]*", re.MULTILINE)
_CODE = ("Bad", "Good")
_WIDTH = 100


def pages() -> Iterator[tuple[str, str]]:
    """Every generated page: its path from the repository and its text."""
    rules = dict(sorted(rules_by_id().items()))
    yield "docs/rules/README.md", _list_of_rules(rules)
    for id_, rule in rules.items():
        yield f"docs/rules/{id_}.md", _rule(rule)
    yield "docs/reference/spec.md", reference.page()
    yield "docs/reference/command-line.md", _command_line()


def _list_of_rules(rules: Mapping[str, Rule]) -> str:
    text = (
        "# Rules\n\nWhat `backstay check` and `backstay compile` can find. `backstay rules ID` prints the same page. An id is "
        "never reused.\n\nGenerated from the rules by `tools/docs.py`.\n"
    )
    unknown = {id_[:3] for id_ in rules} - FAMILIES.keys()
    for family in (*FAMILIES, *sorted(unknown)):
        rows = [_row(rule) for id_, rule in rules.items() if id_.startswith(family)]
        if rows:
            head = f"\n## {FAMILIES.get(family, family)}\n\n| id | name | severity | what breaks |\n|---|---|---|---|\n"
            text += head + "\n".join(rows) + "\n"
    return text


def _row(rule: Rule) -> str:
    return f"| [{rule.id}]({rule.id}.md) | {rule.name} | {rule.severity.value} | {cell(sentence(rule.why))} |"


def _rule(rule: Rule) -> str:
    text = f"# {rule.id}: {rule.name}\n\nSeverity: {rule.severity.value}\n"
    about, sections = _sections(rule)
    for paragraph in re.split(r"\n\s*\n", about):
        text += f"\n{paragraph.strip()}\n" if paragraph.strip() else ""
    for name in ("Breaks", *_CODE, "Not judged", "Source"):
        if body := sections.get(name, ""):
            text += f"\n## {name}\n\n{body}\n"
    return text


def _sections(rule: Rule) -> tuple[str, dict[str, str]]:
    """What a rule's docstring says before its sections, and its sections as Markdown."""
    about, *rest = _SECTION.split(rule.doc.strip())
    found = {name: _section(name, body) for name, body in zip(rest[::2], rest[1::2], strict=True)}
    return about, found or {
        "Breaks": sentence(rule.why),
        "Source": sentence(rule.source) if rule.source else "",
    }


def _section(name: str, body: str) -> str:
    if name in _CODE:
        return f"```yaml\n{_dedented(body)}\n```"
    text = " ".join(body.split())
    return text if name == "Source" else sentence(text)


def _dedented(body: str) -> str:
    lines = [line for line in body.splitlines() if line.strip()]
    depth = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    return "\n".join(line[depth:].rstrip() for line in lines)


def sentence(text: str) -> str:
    """A text that starts and ends like a sentence."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", ")")) else ".")


def cell(text: str) -> str:
    """A text that cannot end its table cell."""
    return " ".join(text.split()).replace("|", "\\|")


def _command_line() -> str:
    text = "# Command line\n\nGenerated from the commands by `tools/docs.py`.\n\n"
    root = _context(backstay, None, "backstay")
    text += f"```\n{backstay.get_help(root)}\n```\n"
    for name in backstay.list_commands(root):
        command = backstay.get_command(root, name)
        assert command is not None  # noqa: S101 - it was listed
        text += f"\n## {name}\n\n```\n{command.get_help(_context(command, root, name))}\n```\n"
    return text


def _context(command: click.Command, parent: click.Context | None, name: str) -> click.Context:
    """What a command's help needs; the width of the terminal does not matter."""
    settings = {**backstay.context_settings, "terminal_width": _WIDTH}
    return click.Context(command, info_name=name, parent=parent, **settings)

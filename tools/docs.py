"""Write the generated pages of docs/, or (with --check) say what is stale, broken or untrue.

Generated: a page per rule, the spec reference, the command line reference. Checked besides: links between pages
lead somewhere, and every `$ backstay ...` line of a `console` block prints what stands below it (a line `...`
stands for any lines).
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from backstay.cli.main import backstay, run
from backstay.pipeline import rules_by_id
from backstay.spec.schema import json_schema

REPO = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "docs", "bases", "generator")
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)")
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SECTION = re.compile(r"^(Breaks|Bad|Good|Source|Not judged):[ \t]*", re.MULTILINE)


def main() -> int:
    """0 when all is well (or written), 1 otherwise."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--check", action="store_true")
    check = asked.parse_args().check
    os.chdir(REPO)
    pages = dict(generated())
    faults = list(_stale(pages)) if check else _write(pages)
    faults += [*_broken_links(), *(_untrue() if check else ())]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def generated() -> Iterator[tuple[str, str]]:
    """Every generated page: its path and text."""
    rules = dict(sorted(rules_by_id().items()))
    rows = [f"| [{id_}]({id_}.md) | {rule.name} | {rule.severity.value} | {rule.why} |" for id_, rule in rules.items()]
    head = "# Rules\n\nMade from the rules themselves by `tools/docs.py`.\n\n| id | name | severity | what breaks |\n|---|---|---|---|\n"
    yield "docs/rules/README.md", head + "\n".join(rows) + "\n"
    for id_, rule in rules.items():
        yield f"docs/rules/{id_}.md", f"# {id_} {rule.name}\n\nSeverity: {rule.severity.value}\n\n{_rule_text(rule.doc or rule.why)}\n"
    yield "docs/reference/spec.md", "\n".join(_spec_reference())
    yield "docs/reference/command-line.md", "\n".join(_commands())


def _rule_text(doc: str) -> str:
    """A rule's docstring as Markdown: its sections as headings, its examples as YAML."""
    parts = _SECTION.split(doc.strip())
    text = parts[0].strip()
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        text += f"\n\n## {name}\n\n" + (f"```yaml\n{_dedented(body)}\n```" if name in {"Bad", "Good"} else body.strip())
    return text


def _dedented(body: str) -> str:
    lines = [line for line in body.splitlines() if line.strip()]
    depth = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    return "\n".join(line[depth:] for line in lines)


def _spec_reference() -> Iterator[str]:
    schema = json_schema()["$defs"]
    yield "# Spec reference\n\nMade from the models by `tools/docs.py`. A spec is a `Cluster`; a `Profile` has the same sections.\n"
    for name in ["Cluster", *sorted(schema.keys() - {"Cluster", "Profile"})]:
        yield f"## {name.removeprefix('backstay__spec__').replace('__', '.')}\n\n{' '.join(schema[name].get('description', '').split())}\n"
        yield "| key | type | what it says |\n|---|---|---|"
        for key, value in schema[name].get("properties", {}).items():
            yield f"| `{key}` | {_type(value)} | {value.get('description', '')} |"
        yield ""


def _type(value: dict[str, Any]) -> str:
    if "$ref" in value:
        return value["$ref"].rsplit("/", 1)[1].removeprefix("backstay__spec__").replace("__", ".")
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(_type(one) for one in value["anyOf"] if one.get("type") != "null"))
    if "enum" in value or "const" in value:
        return ", ".join(f"`{word}`" for word in value.get("enum", [value.get("const")]))
    if value.get("type") == "array":
        return f"list of {_type(value.get('items', {}))}"
    if value.get("type") == "object":
        below = value.get("additionalProperties")
        return f"map of {_type(below)}" if isinstance(below, dict) else "map"
    return str(value.get("type", "any"))


def _commands() -> Iterator[str]:
    yield "# Command line\n\nMade from the commands by `tools/docs.py`.\n"
    context = click.Context(backstay, info_name="backstay", max_content_width=100)
    yield f"```\n{backstay.get_help(context)}\n```\n"
    for name in backstay.list_commands(context):
        command = backstay.get_command(context, name)
        assert command is not None
        below = click.Context(command, info_name=name, parent=context, max_content_width=100)
        yield f"## {name}\n\n```\n{command.get_help(below)}\n```\n"


def _stale(pages: dict[str, str]) -> Iterator[str]:
    for name, text in pages.items():
        path = Path(name)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield f"{name}: stale; run `python tools/docs.py`"
    for path in Path("docs/rules").glob("*.md"):
        if path.as_posix() not in pages:
            yield f"{path}: left over"


def _write(pages: dict[str, str]) -> list[str]:
    for path in Path("docs/rules").glob("*.md"):
        if path.as_posix() not in pages:
            path.unlink()
    for name, text in pages.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return []


def _documents() -> Iterator[Path]:
    for name in PAGES:
        path = Path(name)
        yield from path.rglob("*.md") if path.is_dir() else [path]


def _broken_links() -> Iterator[str]:
    for path in _documents():
        for target in _LINK.findall(path.read_text(encoding="utf-8")):
            if not (path.parent / target).exists():
                yield f"{path}: the link to {target} leads nowhere"


def _untrue() -> Iterator[str]:
    """Commands in `console` blocks that do not print what the page says."""
    for path in _documents():
        for block in _CONSOLE.findall(path.read_text(encoding="utf-8")):
            for command, said in _examples(block):
                printed = _printed(command)
                if not _alike(said, printed):
                    yield f"{path}: `{command}` prints something else:\n{printed}"


def _examples(block: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, said = part.partition("\n")
        if command.startswith("backstay "):
            yield command, said


def _printed(command: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        run(shlex.split(command)[1:])
    return out.getvalue()


def _alike(said: str, printed: str) -> bool:
    parts = re.split(r"^\.\.\.\n", said.rstrip("\n") + "\n", flags=re.MULTILINE)
    pattern = r"(?:.*\n)*?".join(map(re.escape, parts))
    return re.fullmatch(pattern, printed.rstrip("\n") + "\n") is not None


if __name__ == "__main__":
    sys.exit(main())

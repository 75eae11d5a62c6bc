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
from pathlib import Path
from typing import TYPE_CHECKING

from pages import pages

from backstay.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Iterator

REPO = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "docs", "bases", "generator")
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)")
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def main() -> int:
    """0 when all is well (or written), 1 otherwise."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--check", action="store_true")
    check = asked.parse_args().check
    os.chdir(REPO)
    due = dict(pages())
    faults = list(_stale(due)) if check else _write(due)
    faults += [*_broken_links(), *(_untrue() if check else ())]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


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

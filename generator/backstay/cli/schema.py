"""`backstay schema`: the spec's JSON Schema, for editors."""

import json
import sys
from pathlib import Path

import click

from backstay.cli.outcome import Exit


@click.command("schema")
@click.option("--cue", is_flag=True, help="As CUE, for editors and `cue vet` (to specs/schema.cue).")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE",
              help="Where to write it (default: specs/schema.json); - for standard output.")  # fmt: skip
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when the file is stale.")
def command(out: Path | None, *, cue: bool, check: bool) -> int:
    """Write the JSON Schema of specs; a modeline in each spec points editors at it."""
    text = _cue() if cue else _json()
    out = out or Path("specs/schema.cue" if cue else "specs/schema.json")
    if str(out) == "-":
        sys.stdout.buffer.write(text.encode())
        return Exit.CLEAN
    try:
        if check:
            return Exit.CLEAN if out.exists() and out.read_text(encoding="utf-8") == text else Exit.FINDINGS
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror}") from error
    return Exit.CLEAN


def _json() -> str:
    from backstay.spec.schema import json_schema

    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _cue() -> str:
    from backstay.cli.cue import schema

    return schema()

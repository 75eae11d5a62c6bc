"""`backstay schema`: the spec's JSON Schema, for editors."""

import json
import sys
from pathlib import Path

import click

from backstay.cli.outcome import Exit


@click.command("schema")
@click.option("--out", type=click.Path(path_type=Path), default="specs/schema.json", show_default=True,
              help="Where to write it; - for standard output.")  # fmt: skip
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when the file is stale.")
def command(out: Path, check: bool) -> int:
    """Write the JSON Schema of specs; a modeline in each spec points editors at it."""
    from backstay.spec.schema import json_schema

    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
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

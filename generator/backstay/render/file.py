"""One settled manifest to the bytes of its file."""

from collections.abc import Mapping

from backstay.core.manifest import SCRIPT, Settled
from backstay.render import jsontext, yaml
from backstay.render.header import KEY, Header, with_comments, with_key, without_comments

_COMMENT_MARKS = {".bt": "//", ".go": "//", ".java": "//", ".properties": "#", ".py": "#"}
"""What starts a comment, by the ending of a script's or a program's name: bpftrace takes a `#` line for the C preprocessor's."""


def render_file(settled: Settled, header: Header) -> bytes:
    """The bytes of a manifest's file: a script or JSON when its name says so, else YAML; each ends in one newline.

    Raises ValueError, naming the file, for a value that has no form which all readers share.
    """
    try:
        if is_script(settled.file):
            return render_text(str(settled.value[SCRIPT]), header, _mark(settled.file))
        if settled.file.endswith(".json"):
            return render_json(settled.value, header)
        return with_comments(yaml.dump(settled.value), header)
    except ValueError as error:
        raise ValueError(f"{settled.file}: {error}") from error


def render_json(value: Mapping[str, object], header: Header) -> bytes:
    """The bytes of a JSON file, with the header under the key `generated`, which `value` must leave free."""
    if KEY in value:
        raise ValueError(f"the key `{KEY}` is taken by the header")
    return with_key(jsontext.dump(value), header)


def render_text(text: str, header: Header, mark: str = "#") -> bytes:
    """The bytes of a script or another text whose comments start with `mark`; a `#!` line stays first."""
    return with_comments(text.rstrip("\n") + "\n", header, mark)


def is_script(file: str) -> bool:
    """Whether a file holds a script, going by its name."""
    return file.endswith(tuple(_COMMENT_MARKS))


def read_script(data: bytes) -> dict[str, str]:
    """The value of the manifest that a script's file was rendered from; bytes that are no UTF-8 are replaced."""
    return {SCRIPT: without_comments(data).decode(errors="replace")}


def _mark(file: str) -> str:
    return next(mark for ending, mark in _COMMENT_MARKS.items() if file.endswith(ending))

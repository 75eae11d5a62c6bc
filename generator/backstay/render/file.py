"""One settled manifest to the bytes of its file."""

from collections.abc import Mapping

from backstay.core.manifest import Settled
from backstay.render import jsontext, yaml
from backstay.render.header import KEY, Header, with_comments, with_key


def render_file(settled: Settled, header: Header) -> bytes:
    """The bytes of a manifest's file: JSON when its name says so, else YAML; both end in exactly one newline.

    Raises ValueError, naming the file, for a value that has no form which all readers share.
    """
    try:
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


def render_text(text: str, header: Header) -> bytes:
    """The bytes of a script or another text whose comments start with `#`; a `#!` line stays first."""
    return with_comments(text.rstrip("\n") + "\n", header)

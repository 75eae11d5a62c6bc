"""Texts that are no YAML, such as scripts: templates with every name required. The only door to jinja2."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


def fill(template: str, **values: object) -> str:
    """The text of a template in `text/templates` with its names filled in.

    Raises jinja2.UndefinedError for a name that is not given, jinja2.TemplateNotFound for an unknown template.
    """
    return _environment().get_template(f"{template}.j2").render(**values)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(  # noqa: S701 - what is made is a script, where HTML's escapes would be wrong
        loader=PackageLoader("backstay.text"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )

"""What every section of the spec shares."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel


class Section(BaseModel):
    """A section of the spec: frozen, typed strictly, camelCase keys, unknown keys refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, alias_generator=to_camel, defer_build=True
    )


_SHORT: dict[type[BaseModel], str] = {}


def short_key(section: type[BaseModel] | None) -> str | None:
    """The key of a section that a scalar in its place is short for; None where there is no short form."""
    return _SHORT.get(section) if section is not None else None


def short_for(section: type[Section], key: str, scalar: Any) -> Any:
    """A validator that lets people write `pipelines: "2.15"` for `pipelines: {version: "2.15"}`.

    `scalar` is the type of `key`, which the JSON Schema then allows beside the section.
    """
    _SHORT[section] = key

    def widen(value: object) -> object:
        return value if isinstance(value, Mapping) or value is None else {key: value}

    return BeforeValidator(widen, json_schema_input_type=scalar | section)

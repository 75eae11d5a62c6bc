"""Facts out of a typed spec: a stated value is the spec's, an unstated one is the spec's default."""

from typing import TypeVar

from backstay.core.fact import Fact, Origin, OriginKind
from backstay.core.route import Route, show
from backstay.spec.base import Section

T = TypeVar("T")


def fact(section: Section, name: str, value: T, route: Route) -> Fact[T]:
    """A field's value with where it comes from; `route` is the section's, `name` the Python field."""
    alias = type(section).model_fields[name].alias or name
    ref = show((*route, alias))
    if name in section.model_fields_set:
        return Fact(value, (Origin(OriginKind.SPEC, ref),))
    return Fact(value, (Origin(OriginKind.DEFAULT, ref),))


def maybe(section: Section, name: str, value: T | None, route: Route) -> Fact[T] | None:
    """As `fact`; None stays None."""
    return None if value is None else fact(section, name, value, route)

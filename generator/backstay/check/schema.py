"""Objects against the upstream schemas of their kinds: unknown fields, wrong values, missing fields, unknown kinds.

Kubernetes' own kinds are judged by the schemas of kubernetes-validate, custom resources by those that the package
carries. A kind's schema is read and compiled when its first object comes (milliseconds) and kept for the life of
the process (microseconds an object). Patches are judged by a relaxed form of the same schema.

What no schema says is not judged: CEL rules, uniqueness of list keys, names, and what webhooks refuse.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from backstay.check.context import Item, Value
from backstay.check.look import at
from backstay.check.schemas import rules
from backstay.check.schemas.definitions import Version
from backstay.check.schemas.find import Source, find
from backstay.check.schemas.forms import partial, whole
from backstay.check.schemas.rules import RULES, Flaw
from backstay.check.schemas.sound import Unfit
from backstay.check.schemas.values import is_base64, oddities
from backstay.check.schemas.versions import Lookup, SchemaSet
from backstay.check.schemas.walk import Schema, map_schemas
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.fix import Fix, Rename, meant

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator, ValidationError

    Compiled = tuple[Schema, Draft202012Validator]

__all__ = ["RULES", "Definition", "Lookup", "SchemaSet", "judge"]

_MOST_VALUES = 2_000
"""In one object: of larger ones a stranger's schema tells the first error only, as each may name all its alternatives."""
_SECRETS = frozenset({"Secret", "SealedSecret"})


def judge(schemas: SchemaSet, items: Iterable[Item]) -> Iterator[Diagnostic]:
    """What the schemas of a cluster's versions have to say about objects and patches.

    An object without findings fits its schema; one whose schema is not at hand is told by SCH005, never passed
    over. At the end, SCH006 for each product that was judged by another version than the one it has.
    """
    used: dict[Lookup, None] = {}
    for item in items:
        source = find(schemas, *_identity(item))
        if isinstance(source, Flaw):
            yield _report(item, source)
        else:
            used[source.lookup] = None
            yield from (
                _report(item, flaw, source.lookup) for flaw in _against(_compiled(source, item.partial), item)
            )
    yield from (_note(lookup) for lookup in used if not lookup.exact)


def _identity(item: Item) -> tuple[str, str]:
    """API version and kind; a kustomization.yaml may leave both out (kustomize api/types/kustomization.go)."""
    if not (item.ref.kind or item.ref.apiVersion) and item.file.rpartition("/")[2].startswith(
        "kustomization."
    ):
        return "kustomize.config.k8s.io/v1beta1", "Kustomization"
    return item.ref.apiVersion, item.ref.kind


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition that objects are judged by, compiled: for whole objects, and for patches."""

    schema: Schema
    _whole: "Compiled"
    _partial: "Compiled"

    @staticmethod
    def of(version: Version, kubernetes: str) -> "Definition":
        """A version's schema, with the metadata of a Kubernetes version; Unfit where it cannot be judged by."""
        schema = version.schema(kubernetes)
        return Definition(schema, _strangers(schema, is_partial=False), _strangers(schema, is_partial=True))

    def judge(self, item: Item) -> Iterator[Diagnostic]:
        """What it has to say about an object of its kind."""
        found = _against(self._partial if item.partial else self._whole, item, _MOST_VALUES)
        yield from (_report(item, flaw) for flaw in found)


def _against(compiled: "Compiled", item: Item, most: int | None = None) -> Iterable[Flaw]:
    schema, validator = compiled
    try:
        if validator.is_valid(item.value):
            return ()
        errors = _errors(validator, item.value, most)
    except ValueError:  # the validator takes what JSON can carry, and a hand-written file may hold more
        return oddities(item.value)
    from backstay.check.schemas.words import flaws

    hide = item.ref.kind in _SECRETS
    return dict.fromkeys(flaws(schema, item.value, errors, partial=item.partial, secret=hide))


def _errors(validator: "Draft202012Validator", value: Value, most: int | None) -> Iterable["ValidationError"]:
    """Every error; the first one of an object of more than `most` values."""
    from jsonschema_rs import ValidationError

    if most is None or sum(1 for _ in islice(_values(value), most + 1)) <= most:
        return validator.iter_errors(value)
    try:
        validator.validate(value)
    except ValidationError as first:
        return (first,)
    return ()


def _values(value: object) -> Iterator[object]:
    yield value
    below = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for one in below:
        yield from _values(one)


def _report(item: Item, flaw: Flaw, lookup: Lookup | None = None) -> Diagnostic:
    """A finding; only a warning when the schema is of another version than the cluster's."""
    unsure = lookup if lookup and not lookup.exact else None
    return flaw.rule.report(
        f"{flaw.message} (by the schema of {unsure.title})" if unsure else flaw.message,
        at=item.place_of(flaw.route),
        help=flaw.help or rules.HELP[flaw.rule.id],
        object=item.ref,
        field=flaw.route or None,
        severity=Severity.WARNING if unsure else None,
        fix=_mend(item, flaw) if not unsure else None,
    )


def _mend(item: Item, flaw: Flaw) -> Fix | None:
    """The field that was meant, where nothing has its name yet and the object stands in a file of its own."""
    parent = at(item.value, *flaw.route[:-1])
    if not (flaw.meant and item.takes(flaw.route) and isinstance(parent, dict)) or flaw.meant in parent:
        return None
    return meant(f"write `{flaw.meant}`", str(flaw.route[-1]), flaw.meant, Rename(flaw.route, flaw.meant))


def _note(lookup: Lookup) -> Diagnostic:
    message = f"{lookup.name} {lookup.asked} is judged by the schemas of {lookup.used}"
    return rules.OTHER_VERSION.report(message, help=rules.HELP[rules.OTHER_VERSION.id])


@cache
def _compiled(source: Source, is_partial: bool) -> "Compiled":  # noqa: FBT001 - a cache key
    return _made(source.read(), is_partial=is_partial)


def _strangers(schema: Schema, *, is_partial: bool) -> "Compiled":
    """A schema that somebody else wrote: one with a pattern that cannot be compiled is judged by without patterns."""
    try:
        return _made(schema, is_partial=is_partial)
    except ValueError:
        plain = _without_patterns(schema)
    try:
        return _made(plain, is_partial=is_partial)
    except ValueError as failed:
        raise Unfit("it is no schema") from failed


def _without_patterns(schema: Schema) -> Schema:
    return map_schemas({key: word for key, word in schema.items() if key != "pattern"}, _without_patterns)


def _made(schema: Schema, *, is_partial: bool) -> "Compiled":
    from jsonschema_rs import Draft202012Validator, RegexOptions

    formed = whole(schema)
    formed = partial(formed) if is_partial else formed
    validator = Draft202012Validator(
        formed, validate_formats=True, formats={"byte": is_base64}, pattern_options=RegexOptions()
    )
    return formed, validator

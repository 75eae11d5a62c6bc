"""Schemas over objects whose versions may not be known: what every version refuses is a finding.

A definition among the objects comes before the schemas at hand: it is what the API server would judge by. A kind without
a schema is told once, however many objects of it there are.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from backstay.audit.definitions import Definitions
from backstay.check.context import Item
from backstay.check.schema import SchemaSet, judge
from backstay.check.schemas import kubernetes, shelf
from backstay.check.schemas.rules import MISSING_FIELD, UNJUDGED_KIND
from backstay.core.diagnostic import Diagnostic

_KUBERNETES = "kubernetes"


class Schemas:
    """Judges objects by the schemas of some versions; `strangers` counts the objects of kinds without one."""

    def __init__(self, exact: Mapping[str, str], definitions: Definitions) -> None:
        self._definitions = definitions
        self.strangers: Counter[tuple[str, str]] = Counter()
        self._exact = exact
        self._set = SchemaSet.of(exact)

    def judge(self, item: Item) -> Iterator[Diagnostic]:
        """The findings about an object; where its product's version is unknown, those that hold for every one at hand."""
        if not item.ref.apiVersion:
            return
        defined = self._by_definitions(item) if self._definitions.by_kind else None
        if defined is not None:
            yield from defined
            return
        found = list(judge(self._set, (item,)))
        if found and self._product(item) not in self._exact:
            found = self._agreed(item)
        for one in found:
            if one.rule == UNJUDGED_KIND.id:
                self.strangers[item.ref.apiVersion, item.ref.kind] += 1
            else:
                yield one

    def _by_definitions(self, item: Item) -> list[Diagnostic] | None:
        at_hand = shelf.entry(item.ref.apiVersion, item.ref.kind) is not None
        found = self._definitions.judge(item, at_hand=at_hand)
        return self._without_filled_in(found, item) if found and at_hand else found

    def _without_filled_in(self, found: list[Diagnostic], item: Item) -> list[Diagnostic]:
        """Findings without the missing fields that a product's webhook fills in: the schemas at hand forgive those."""
        if not any(one.rule == MISSING_FIELD.id for one in found):
            return found
        asked = {one.field for one in self._agreed(item) if one.rule == MISSING_FIELD.id}
        return [one for one in found if one.rule != MISSING_FIELD.id or one.field in asked]

    def _agreed(self, item: Item) -> list[Diagnostic]:
        verdicts = [list(judge(schemas, (item,))) for schemas in self._every(item)]
        agreed = set.intersection(*({(one.rule, one.field) for one in found} for found in verdicts))
        return [one for one in verdicts[-1] if (one.rule, one.field) in agreed]

    def _every(self, item: Item) -> list[SchemaSet]:
        """The sets with each version of the object's product that serves its kind; the known one where none does."""
        product, api_version, kind = self._product(item), item.ref.apiVersion, item.ref.kind
        if product == _KUBERNETES:
            lines = [line for line in kubernetes.lines() if kubernetes.serves(line, api_version, kind)]
        else:
            entry = shelf.entry(api_version, kind)
            lines = [line for line in entry.lines if entry.file(line)] if entry else []
        return [SchemaSet.of({**self._exact, product or "": line}) for line in lines] or [self._set]

    @staticmethod
    def _product(item: Item) -> str | None:
        if item.ref.apiVersion.rpartition("/")[0] in kubernetes.GROUPS:
            return _KUBERNETES
        entry = shelf.entry(item.ref.apiVersion, item.ref.kind)
        return entry.product if entry else None

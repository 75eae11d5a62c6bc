"""Every object by schemas, rules and CUE, in batches: what no other object needs is judged and let go."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from backstay.audit.definitions import Definitions
from backstay.audit.objects import Objects
from backstay.audit.read import AtHand, Holding, Reading
from backstay.audit.schemas import Schemas
from backstay.audit.versions import Signs, Versions
from backstay.check import engine
from backstay.check.context import Context, Item
from backstay.check.cue.judge import Texts
from backstay.check.cue.judge import judge as judge_by_cue
from backstay.check.together import Split
from backstay.core.diagnostic import Diagnostic
from backstay.core.fault import RULE_CRASHED

_BATCH = 500
"""Objects; enough that what a rule does once for all objects costs nothing, and few enough to be little memory."""


@dataclass
class Streamed:
    """What became of a tree so far. `kept` are the objects that others need, `found` what is located already."""

    versions: Versions
    split: Split
    cue: Texts
    reading: Reading
    signs: Signs = field(default_factory=Signs)
    definitions: Definitions = field(default_factory=Definitions)
    schemas: Schemas = field(init=False)
    kept: Objects = field(default_factory=Objects)
    found: list[Diagnostic] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    objects: int = 0

    def __post_init__(self) -> None:
        """Have the schemas of the versions."""
        self.definitions.for_kubernetes(self.versions.exact.get("kubernetes"))
        self.schemas = Schemas(self.versions.exact, self.definitions)

    def take(self, tree: Iterable[Holding | AtHand]) -> None:
        """Judge every object of a tree by itself, and keep those that others need."""
        items = (item for holding in tree for item in holding.items(self.reading))
        while batch := list(islice(items, _BATCH)):
            self._batch(batch)

    def _batch(self, batch: list[Item]) -> None:
        self.objects += len(batch)
        objects = Objects.of(batch)
        self.kinds |= {item.ref.kind for item in batch}
        for item in batch:
            self.signs.add(item)
        self.found += map(objects.located, self._alone(objects.items))
        for item in batch:
            if self.split.keeps(item.ref.kind):
                self.kept.keep(item)

    def _alone(self, items: Sequence[Item]) -> Iterator[Diagnostic]:
        for item in items:
            yield from self.schemas.judge(item)
        yield from _once(engine.run(self.context(items), self.split.apart), self.found)
        yield from judge_by_cue(self.cue, items)

    def context(self, items: Sequence[Item]) -> Context:
        """Some objects under the versions, as rules see them."""
        return Context(items, self.versions.features, self.versions.lines)

    def related(self, context: Context) -> Iterator[Diagnostic]:
        """What the rules find that see the kept objects together; not located."""
        return _once(engine.run(context, self.split.together), self.found)


def _once(found: Iterable[Diagnostic], told: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """A rule that fails on many batches is told once."""
    for one in found:
        if one.rule != RULE_CRASHED.id or one not in told:
            yield one

"""What a rule may ask: the model, the objects, the versions. The same questions for specs and hand-written files."""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from backstay.check.parameters import PARAMETERS
from backstay.core.diagnostic import Diagnostic, ObjectRef, Related, Severity
from backstay.core.fact import Origin, OriginKind
from backstay.core.feature import Feature
from backstay.core.fix import Fix
from backstay.core.manifest import Role, Settled, ref_of
from backstay.core.place import Place
from backstay.core.route import Route, read
from backstay.core.rule import Rule
from backstay.model.cluster import Cluster
from backstay.text.yaml import parse

Value = Mapping[str, object]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Item:
    """One object under judgement. `partial`: a patch, so what it lacks may be in the object it patches.

    `takes` says whether a repair at a route can be made in the file that the places are in; never in what is emitted.
    """

    ref: ObjectRef
    value: Value
    partial: bool
    file: str
    place_of: Callable[[Route], Place]
    takes: Callable[[Route], bool] = lambda _route: True


@dataclass(frozen=True)
class Context:
    """The facts a rule judges.

    `cluster` is the model, None for hand-written manifests; `features` are those of all installed versions;
    `versions` maps `pipelines`, `workflows`, `istio`, `kubernetes` to `major.minor`, where known. `parameters` are the
    numbers that the organisation's policy changes, by rule id and name.
    """

    items: Sequence[Item]
    features: frozenset[Feature]
    versions: Mapping[str, str]
    cluster: Cluster | None = None
    parameters: Mapping[tuple[str, str], int] = field(default_factory=dict)
    _by_kind: dict[str, list[Item]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _by_name: dict[str, dict[str, list[Item]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _nested: dict[str, object] = field(default_factory=dict, init=False, repr=False, compare=False)
    _kept: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the objects by kind once."""
        for item in self.items:
            self._by_kind.setdefault(item.ref.kind, []).append(item)

    def has(self, feature: Feature) -> bool:
        """Whether an installed version has the feature."""
        return feature in self.features

    @property
    def kinds_there(self) -> Collection[str]:
        """The kinds of which there are objects."""
        return self._by_kind.keys()

    def of_kind(self, *kinds: str) -> Iterator[Item]:
        """The objects of some kinds, in order."""
        for kind in kinds:
            yield from self._by_kind.get(kind, ())

    def named(self, kind: str, name: str) -> Iterator[Item]:
        """The objects of a kind with a name, in any namespace."""
        if kind not in self._by_name:
            names = self._by_name[kind] = {}
            for item in self._by_kind.get(kind, ()):
                names.setdefault(item.ref.name, []).append(item)
        return iter(self._by_name[kind].get(name, ()))

    def nested(self, text: object) -> object:
        """YAML inside a string, such as a ConfigMap's `providers`; None when it is not YAML."""
        if not isinstance(text, str):
            return None
        if text not in self._nested:
            try:
                self._nested[text] = parse(text)
            except ValueError:
                self._nested[text] = None
        return self._nested[text]

    def parameter(self, rule: Rule, name: str) -> int:
        """A number that a rule measures with: the policy's, else its own."""
        key = (rule.id, name)
        return self.parameters.get(key, PARAMETERS[key].default)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` makes, made once for all rules; `key` names it and what it is made from."""
        if key not in self._kept:
            self._kept[key] = make()
        kept: T = self._kept[key]
        return kept

    @staticmethod
    def report(
        rule: Rule,
        item: Item,
        route: Route,
        message: str,
        help_: str,
        severity: Severity | None = None,
        fix: Fix | None = None,
        related: tuple[Related, ...] = (),
    ) -> Diagnostic:
        """A finding about a field of an object, placed at the spec line (or file line) that decides it.

        `fix` repairs the object's own file: an emitted object has none, as its lines are made of the spec's.
        """
        place = item.place_of(route)
        kept = fix if fix and all(item.takes(one.route) for one in fix.edits) else None
        return rule.report(
            message,
            at=place,
            help=help_,
            object=item.ref,
            field=route,
            severity=severity,
            fix=kept,
            related=related,
        )


KINDLESS = {"bundle/zenml/run-": "ZenmlRun", "bundle/zenml/stack-": "ZenmlStack"}
"""What rules call files that are no Kubernetes objects: ZenML's run configurations and stacks, by how they start."""


def item_of(settled: Settled) -> Item:
    """An emitted object, or a controller's configuration, as rules see it."""
    return Item(
        _ref_of(settled), settled.value, settled.role is Role.PATCH, settled.file,
        lambda route: spec_place(settled.origins, route), lambda _route: False,
    )  # fmt: skip


def _ref_of(settled: Settled) -> ObjectRef:
    if settled.role is not Role.BUNDLE or "kind" in settled.value:
        return ref_of(settled.value)
    kind = next((kind for start, kind in KINDLESS.items() if settled.file.startswith(start)), "")
    name = settled.file.rpartition("/")[2].removesuffix(".yaml")
    return ObjectRef("", kind, "", name)


def spec_place(origins: Mapping[Route, tuple[Origin, ...]], route: Route) -> Place:
    """The spec line behind an output leaf: of the leaf, of what is below it, or of its closest parent."""
    for length in range(len(route), -1, -1):
        start = route[:length]
        for leaf, found in origins.items():
            if leaf[:length] == start:
                for origin in found:
                    if origin.kind is OriginKind.SPEC:
                        return Place(route=read(origin.ref) or ())
    return Place()

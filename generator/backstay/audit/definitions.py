"""The CustomResourceDefinitions of an audited tree as judges of its objects."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from backstay.audit.releases import releases
from backstay.audit.versions import Definition as Telling
from backstay.check.context import Item
from backstay.check.schema import Definition
from backstay.check.schemas import kubernetes
from backstay.check.schemas.definitions import Version, says_nothing, versions
from backstay.check.schemas.phrases import listed
from backstay.check.schemas.rules import HELP, UNSERVED_KIND
from backstay.check.schemas.sound import Unfit
from backstay.check.schemas.versions import nearest
from backstay.core.diagnostic import Diagnostic, Related

Kind = tuple[str, str]
"""API version and kind."""


@dataclass(frozen=True, slots=True)
class _Judging:
    """A version of a definition, compiled."""

    version: Version
    definition: Definition

    def judge(self, item: Item) -> Iterator[Diagnostic]:
        definition = self.version.item
        where = Related(definition.place_of(self.version.route[:-1]), f"{definition.ref}, which judges it")
        for one in self.definition.judge(item):
            yield replace(one, related=(where,))


@dataclass
class Definitions:
    """The definitions by kind, each compiled when the first object of it comes; `notes` name those that are unfit."""

    by_kind: dict[Kind, list[Version]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _kubernetes: str | None = None
    _made: dict[Kind, list[_Judging]] = field(default_factory=dict)

    def add(self, item: Item) -> None:
        """Take a definition in; anything else is none."""
        for version in versions((item,)):
            self.by_kind.setdefault((version.api_version, version.kind), []).append(version)

    def for_kubernetes(self, version: str | None) -> None:
        """Judge anew, with objects' metadata as a version of Kubernetes has it; as the newest where None is known."""
        self._kubernetes = version
        self.notes, self._made = [], {}

    def telling(self) -> Iterator[Telling]:
        """Those that tell which releases they can be of."""
        by_item: dict[tuple[int, str], list[Version]] = {}
        for version in (one for every in self.by_kind.values() for one in every):
            by_item.setdefault((id(version.item), version.kind), []).append(version)
        for (_, kind), every in by_item.items():
            found = releases(every)
            if found is not None:
                yield Telling(every[0].item, kind, found)

    def judge(self, item: Item, *, at_hand: bool) -> list[Diagnostic] | None:
        """What the definitions of its kind say of an object, None where they say nothing.

        Where several define a kind, as in overlays for several clusters, it is what all of them refuse. `at_hand`: the
        kind's schema comes with the package, and takes the place of a definition that leaves everything open.
        """
        key = (item.ref.apiVersion, item.ref.kind)
        if key not in self.by_kind:
            return None if at_hand else self._elsewhere(item)
        judges = self._judges(key)
        if not judges or (at_hand and all(says_nothing(one.definition.schema) for one in judges)):
            return None
        verdicts = [list(one.judge(item)) for one in judges]
        agreed = set.intersection(*({(one.rule, one.field) for one in found} for found in verdicts))
        return [one for one in verdicts[-1] if (one.rule, one.field) in agreed]

    def _judges(self, key: Kind) -> list[_Judging]:
        if key not in self._made:
            self._made[key] = list(self._compiled(key))
        return self._made[key]

    def _compiled(self, key: Kind) -> Iterator[_Judging]:
        at_hand = kubernetes.lines()
        line = nearest("kubernetes", self._kubernetes, at_hand).used or at_hand[-1]
        for version in self.by_kind[key]:
            try:
                yield _Judging(version, Definition.of(version, line))
            except Unfit as unfit:
                self.notes.append(f"{version.item.ref} is not judged by: {unfit}")

    def _elsewhere(self, item: Item) -> list[Diagnostic] | None:
        """An object under a version that its kind's definition does not have."""
        group = item.ref.apiVersion.rpartition("/")[0]
        known = [
            one for (api_version, kind), every in self.by_kind.items() for one in every
            if kind == item.ref.kind and api_version.rpartition("/")[0] == group
        ]  # fmt: skip
        if not known:
            return None
        there = sorted({one.api_version for one in known if one.served})
        message = f"{known[0].item.ref} serves no `{item.ref.kind}` under `{item.ref.apiVersion}`"
        help_ = f"it is served under {listed(there, 'and')}" if there else HELP[UNSERVED_KIND.id]
        return [
            UNSERVED_KIND.report(
                message, at=item.place_of(("apiVersion",)), help=help_, object=item.ref, field=("apiVersion",)
            )
        ]

"""Holding policies against objects: one function over items, whoever made them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path

from backstay.check.context import Item
from backstay.check.cue.door import Fault, Sort, Text
from backstay.check.cue.policies import Compiled, Policy, compile_policies, endless, plan
from backstay.check.cue.process import Ended, Limits, Process, Refused
from backstay.check.cue.program import program
from backstay.check.cue.rules import BOUNDED, NOT_JUDGED
from backstay.check.cue.telling import tell
from backstay.core.diagnostic import Diagnostic

Texts = tuple[Text, ...]
"""The `.cue` files of a policies folder, in order."""
NO_LIMITS = Limits()
_RENEW_AFTER = 200_000
"""Objects, until a new engine is taken: field names that it once saw stay in its memory."""


def judge(texts: Texts, items: Iterable[Item]) -> Iterator[Diagnostic]:
    """Every finding of every policy of the files about the items. Without files nothing happens, and no engine is wanted."""
    if texts:
        yield from judge_for(texts).judge(items)


def findings_about(texts: Texts) -> tuple[Diagnostic, ...]:
    """What is wrong with the files themselves."""
    return judge_for(texts).compiled.findings if texts else ()


@lru_cache(2)
def judge_for(texts: Texts) -> "Judge":
    """The files with an engine that is kept for the whole run."""
    return Judge(program(), texts)


@dataclass(frozen=True, slots=True)
class Group:
    """The policies for one sort of objects: those that were unified, with their value's number, and the others."""

    number: int
    together: tuple[Policy, ...]
    alone: tuple[Policy, ...]


@dataclass
class Judge:
    """An engine with policies. One that dies is replaced; a policy that it dies of is not held against anything more."""

    program: Path
    texts: Texts
    limits: Limits = NO_LIMITS
    compiled: Compiled = field(init=False)
    _process: Process = field(init=False)
    _groups: dict[tuple[int, ...], Group] = field(init=False, default_factory=dict)
    _stopped: set[str] = field(init=False, default_factory=set)
    _judged: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Start, and compile what can be compiled."""
        self._process = self._start()
        try:
            self.compiled = compile_policies(self._process, self.texts)
        except Ended:
            good, findings = endless(self._start, self.texts)
            self._process, self.texts = self._start(), tuple(good)
            compiled = compile_policies(self._process, good)
            self.compiled = replace(compiled, findings=(*findings, *compiled.findings))

    @property
    def _start(self) -> partial[Process]:
        return partial(Process, self.program, self.limits)

    def judge(self, items: Iterable[Item]) -> Iterator[Diagnostic]:
        """Every finding about the items."""
        for item in items:
            policies = [one for one in self.compiled.policies if self._meant(one, item)]
            if policies:
                yield from self._item(item, policies)

    def _meant(self, policy: Policy, item: Item) -> bool:
        fits = policy.selection.fits(item.ref, item.value, partial=item.partial)
        return fits and policy.name not in self._stopped

    def _item(self, item: Item, policies: Sequence[Policy]) -> Iterator[Diagnostic]:
        try:
            json.dumps(item.value, allow_nan=False).encode()
            yield from self._judged_by(item, policies)
        except (TypeError, ValueError, RecursionError, Refused) as wrong:
            message = f"the object cannot be given to CUE: {wrong}"
            yield NOT_JUDGED.report(message, object=item.ref, at=item.place_of(()), help="look at its values")

    def _judged_by(self, item: Item, policies: Sequence[Policy]) -> Iterator[Diagnostic]:
        self._renew()
        try:
            group = self._group(policies)
            suspects = list(group.alone)
            if group.together and self._ask(group.number, item):
                suspects += group.together
            found = [(one, self._ask(one.number, item)) for one in suspects]
        except Ended:
            self._restart()
            yield from self._one_by_one(item, policies)
            return
        for policy, faults in found:
            yield from tell(policy, item, faults)

    def _one_by_one(self, item: Item, policies: Sequence[Policy]) -> Iterator[Diagnostic]:
        """Find the policy that the engine dies of; the others are held against the object all the same."""
        for policy in policies:
            current = next(one for one in self.compiled.policies if one.name == policy.name)
            try:
                yield from tell(current, item, self._ask(current.number, item))
            except Ended as ended:
                self._stopped.add(policy.name)
                self._restart()
                yield BOUNDED.report(
                    f"policy `{policy.name}` was ended at this object, and not held against any other: {ended}",
                    at=policy.place, object=item.ref, help="look for what grows without end in it",
                )  # fmt: skip

    def _ask(self, number: int, item: Item) -> tuple[Fault, ...]:
        told = self._process.ask({"op": "validate", "values": [number], "object": item.value, "final": True})
        faults = (Fault.of(one) for one in told.get("faults") or ())
        lacking = {Sort.REQUIRED, Sort.INCOMPLETE} if item.partial else set()
        return tuple(one for one in faults if one.sort not in lacking)

    def _group(self, policies: Sequence[Policy]) -> Group:
        key = tuple(one.number for one in policies)
        if key not in self._groups:
            together, alone = plan(policies)
            if len(together) < 2:  # noqa: PLR2004 - one policy needs no company
                together, alone = [], [*together, *alone]
            numbers = [one.number for one in together]
            number = self._process.ask({"op": "unify", "values": numbers})["value"] if numbers else 0
            self._groups[key] = Group(number, tuple(together), tuple(alone))
        return self._groups[key]

    def _renew(self) -> None:
        self._judged += 1
        if self._judged % _RENEW_AFTER == 0:
            self._restart()

    def _restart(self) -> None:
        self._process.close()
        self._process = self._start()
        self._groups.clear()
        self.compiled = replace(self.compiled, policies=compile_policies(self._process, self.texts).policies)

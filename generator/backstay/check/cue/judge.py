"""Holding policies against objects: one function over items, whoever made them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from backstay.check.context import Item
from backstay.check.cue.door import Fault, Sort, Text
from backstay.check.cue.policies import Compiled, Policy, compile_policies, endless, plan
from backstay.check.cue.process import Ended, Limits, Process, Refused, running
from backstay.check.cue.program import program
from backstay.check.cue.rules import BOUNDED, NOT_JUDGED
from backstay.check.cue.telling import tell
from backstay.core.diagnostic import Diagnostic
from backstay.core.failure import CannotTell
from backstay.core.place import Place

Texts = tuple[Text, ...]
"""The `.cue` files of a policies folder, in order."""
NO_LIMITS = Limits()
LARGEST_OBJECT: Final = 4 << 20
"""Bytes of JSON: an API server reads at most 3 MiB of a request (k8s.io/apiserver pkg/server/config.go)."""
_MOST_SORTS: Final = 512
"""Sorts of objects that are remembered: manifests of strangers may have any number of kinds."""
_TAIL = b"}\n"
_RENEW_AFTER: Final = 200_000
"""Objects, until a new engine is taken: field names that it once saw stay in its memory."""


def judge(texts: Texts, items: Iterable[Item]) -> Iterator[Diagnostic]:
    """Every finding of every policy of the files about the items. Without files nothing happens, and no engine is wanted."""
    if texts:
        yield from judge_for(texts).judge(items)


@lru_cache(2)
def judge_for(texts: Texts) -> "Judge":
    """The files with an engine that is kept for the whole run."""
    return Judge(program(), texts)


@dataclass(frozen=True, slots=True)
class Group:
    """The policies for one sort of objects, by their values' numbers; `head` is the request up to the object."""

    policies: Mapping[int, Policy]
    head: bytes


@dataclass
class Judge:
    """An engine with policies. One that dies is replaced; a policy that it dies of is not held against anything more."""

    program: Path
    texts: Texts
    limits: Limits = NO_LIMITS
    compiled: Compiled = field(init=False)
    _process: Process = field(init=False)
    _wanted: dict[tuple[str, str, bool], list[Policy]] = field(init=False, default_factory=dict)
    _groups: dict[tuple[int, ...], Group] = field(init=False, default_factory=dict)
    _stopped: set[Place] = field(init=False, default_factory=set)
    _judged: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Start, and compile what can be compiled."""
        self._process = self._start()
        try:
            self.compiled = compile_policies(self._process, self.texts)
        except Ended:
            good, findings = endless(self._start, self.texts)
            self._process, self.texts = self._start(), tuple(good)
            compiled = self._compile()
            self.compiled = replace(compiled, findings=(*findings, *compiled.findings))

    def _start(self) -> Process:
        return running(self.program, self.limits)

    def _compile(self) -> Compiled:
        """What an engine makes of files that others survived before it."""
        try:
            return compile_policies(self._process, self.texts)
        except Ended as ended:
            help_ = "look for what ends it, such as a memory limit, or for what grows without end in the .cue files"
            raise CannotTell(f"the CUE engine does not survive the policies: {ended}", help_) from ended

    def judge(self, items: Iterable[Item]) -> Iterator[Diagnostic]:
        """Every finding about the items; `CannotTell` when no engine can be kept alive."""
        for item in items:
            policies = [one for one in self._for_kind(item) if one.selection.picks(item.ref, item.value)]
            if policies:
                yield from self._item(item, policies)

    def _for_kind(self, item: Item) -> list[Policy]:
        key = (item.ref.apiVersion, item.ref.kind, item.partial)
        if key not in self._wanted:
            if len(self._wanted) == _MOST_SORTS:
                self._wanted.clear()
            self._wanted[key] = [
                one for one in self.compiled.policies
                if one.place not in self._stopped and one.selection.suits(item.ref, partial=item.partial)
            ]  # fmt: skip
        return self._wanted[key]

    def _item(self, item: Item, policies: Sequence[Policy]) -> Iterator[Diagnostic]:
        try:
            text = json.dumps(item.value, allow_nan=False, ensure_ascii=False).encode()
            if len(text) > LARGEST_OBJECT:
                yield _not_judged(
                    item, f"it is larger than {LARGEST_OBJECT >> 20} MiB", "no API server takes it either"
                )
            else:
                yield from self._judged_by(item, text, policies)
        except (TypeError, ValueError, RecursionError, Refused) as wrong:
            yield _not_judged(item, str(wrong), "look at its values")

    def _judged_by(self, item: Item, text: bytes, policies: Sequence[Policy]) -> Iterator[Diagnostic]:
        self._renew()
        try:
            told = self._told(item, text, policies)
        except Ended:
            self._restart()
            yield from self._one_by_one(item, text, policies)
            return
        yield from told

    def _one_by_one(self, item: Item, text: bytes, policies: Sequence[Policy]) -> Iterator[Diagnostic]:
        """Find what the engine dies of: the object, or a policy. The others are held against the object all the same."""
        try:
            self._process.ask_line(_head([], [], 0) + text + _TAIL)
        except Ended as ended:
            self._restart()
            yield _not_judged(item, str(ended), "make it smaller")
            return
        for policy in policies:
            current = next(one for one in self.compiled.policies if one.place == policy.place)
            try:
                yield from self._told(item, text, [current])
            except Ended as ended:
                self._stopped.add(policy.place)
                self._restart()
                found = BOUNDED.report(
                    f"policy `{policy.name}` was ended at this object, and not held against any other: {ended}",
                    at=policy.place, object=item.ref, help="look for what grows without end in it",
                )  # fmt: skip
                yield replace(found, policy=policy.name)

    def _told(self, item: Item, text: bytes, policies: Sequence[Policy]) -> list[Diagnostic]:
        group = self._group(policies)
        reply = self._process.ask_line(group.head + text + _TAIL)
        return [
            found
            for verdict in reply.get("verdicts") or ()
            for found in tell(
                group.policies[verdict["value"]], item, _faults(item, verdict), verdict.get("more", 0)
            )
        ]

    def _group(self, policies: Sequence[Policy]) -> Group:
        key = tuple(one.number for one in policies)
        if key not in self._groups:
            together, alone = plan(policies)
            if len(together) < 2:  # noqa: PLR2004 - one policy needs no company
                together, alone = [], [*together, *alone]
            numbers = [one.number for one in together]
            union = self._process.ask({"op": "unify", "values": numbers})["value"] if numbers else 0
            head = _head([one.number for one in alone], numbers, union)
            self._groups[key] = Group({one.number: one for one in policies}, head)
        return self._groups[key]

    def _renew(self) -> None:
        self._judged += 1
        if self._judged % _RENEW_AFTER == 0 or len(self._groups) > _MOST_SORTS:
            self._restart()

    def _restart(self) -> None:
        self._process.close()
        self._groups.clear()
        self._wanted.clear()
        self._process = self._start()
        self.compiled = replace(self.compiled, policies=self._compile().policies)


def _head(alone: Sequence[int], members: Sequence[int], union: int) -> bytes:
    """A request up to the object, which is JSON text already."""
    asked = {"op": "judge", "values": [*alone], "members": [*members], "union": union}
    return json.dumps(asked).encode()[:-1] + b', "object": '


def _faults(item: Item, verdict: Mapping[str, Any]) -> list[Fault]:
    """What a policy has against an object; what a patch lacks is no fault of its."""
    lacking = {Sort.REQUIRED, Sort.INCOMPLETE} if item.partial else set()
    return [one for one in map(Fault.of, verdict["faults"]) if one.sort not in lacking]


def _not_judged(item: Item, why: str, help_: str) -> Diagnostic:
    message = f"the object cannot be given to CUE: {why}"
    return NOT_JUDGED.report(message, object=item.ref, at=item.place_of(()), help=help_)

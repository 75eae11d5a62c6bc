"""Mutants of rules against the rules' cases: which of them no case tells from the original."""

from __future__ import annotations

import sys
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backstay.check.registry import CHECKS
from backstay.claims.claim import Claim
from support import casebook
from support.claim_mutants import claim_mutants
from support.hostile import SHAPES, spoilt
from support.mutants import mutants

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from contextlib import AbstractContextManager
    from types import FrameType, FunctionType, ModuleType

    from backstay.check.context import Context
    from backstay.check.rule import Check

RULES = "backstay.check.rules."
"""What the names of all modules of rules start with."""
_MANY = 1000
"""Findings after which a mutant that never ends is taken to be one."""


@dataclass(frozen=True)
class Survivor:
    """A mutant that passes every case: where its condition stands, its text, and what was done to it."""

    place: str
    condition: str
    change: str

    def __str__(self) -> str:
        """As the list of equivalents and a failed test name it."""
        return f"{self.place}: `{self.condition}` {self.change}"


@dataclass(frozen=True, eq=False)
class Trial:
    """A case that is ready to be judged any number of times."""

    case: casebook.Case
    check: Check
    contexts: tuple[Context, ...]

    def passes(self) -> bool:
        """Whether the rule, as it is now, finds what the case says."""
        try:
            return not casebook.differences(self.judge(), self.case.findings)
        except Exception:  # noqa: BLE001 - a mutant may fail in any way
            return False

    def judge(self) -> list[Any]:
        """The rule's findings; nothing is kept from one judgement to the next."""
        for context in self.contexts:
            context._kept.clear()
        judge = self.check.run if len(self.contexts) == 1 else self.check.compare
        return list(islice(judge(*self.contexts), _MANY))

    @cache  # noqa: B019 - trials live as long as the session
    def hostile(self) -> tuple[Trial, ...]:
        """The trial with its objects in shapes that nobody meant."""
        if not self.case.objects or self.case.before is not None or self.case.spec is not None:
            return ()
        cases = (
            replace(self.case, objects=one) for junk in SHAPES for one in spoilt(self.case.objects, junk)
        )
        return tuple(replace(self, contexts=casebook.seen(case)) for case in cases)

    def ends(self) -> bool:
        """Whether the rule comes to an end without failing, whatever it finds."""
        try:
            return len(self.judge()) < _MANY
        except Exception:  # noqa: BLE001 - as above
            return False


Reached = dict[tuple[str, int], list[Trial]]
"""The trials in which a line of a file runs."""


@cache
def trials() -> tuple[Trial, ...]:
    """All cases of all rules."""
    checks = {check.rule.id: check for check in CHECKS}
    cases = (*casebook.cases(), *(case for rule in checks for case in casebook.sparse(rule)))
    ready = ((case, casebook.seen(case)) for case in cases)
    return tuple(Trial(case, checks[case.rule], found) for case, found in ready if found)


def reached(of: Iterable[Trial], folders: tuple[str, ...]) -> Reached:
    """The trials by the lines that they run, of files in some folders."""
    found = defaultdict(list)
    for trial in of:
        for line in _lines_run(trial.judge, folders):
            found[line].append(trial)
    return found


def _lines_run(run: Callable[[], object], folders: tuple[str, ...]) -> set[tuple[str, int]]:
    seen: set[tuple[str, int]] = set()

    def inside(frame: FrameType, _event: str, _arg: object) -> Callable[..., Any]:
        seen.add((frame.f_code.co_filename, frame.f_lineno))
        return inside

    def tracer(frame: FrameType, event: str, arg: object) -> Callable[..., Any] | None:
        return inside(frame, event, arg) if frame.f_code.co_filename.startswith(folders) else None

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        run()
    finally:
        sys.settrace(before)
    return seen


def survivors(module: ModuleType, ran: Reached, listed: Collection[str] = ()) -> Iterator[Survivor]:
    """The mutants of a module's functions that pass every trial which runs their condition.

    Those that are `listed` are not tried with objects of other shapes, too: that takes long, and they passed it before.
    """
    for mutant in mutants(Path(str(module.__file__)).read_text(encoding="utf-8"), str(module.__file__)):
        first, last = mutant.lines
        lines = ((str(module.__file__), line) for line in range(first, last + 1))
        judging = dict.fromkeys(trial for line in lines for trial in ran.get(line, ()))
        function = _function(module, mutant.function)
        name = f"{module.__name__.removeprefix(RULES)}.{mutant.function}"
        found = Survivor(name, mutant.condition, mutant.change)
        swapped = partial(_swapped, function, "__code__", mutant.code)
        if _survives(judging, swapped, shapes=str(found) not in listed):
            yield found


def claim_survivors(rule: str) -> Iterator[Survivor]:
    """The mutants of a rule's claims that pass every trial of the rule."""
    judging = [trial for trial in trials() if trial.case.rule == rule]
    asked: list[Claim] = []
    for trial in judging:
        asked += [claim for claim in _claims_asked(trial) if claim not in asked]
    for mutant in claim_mutants(asked):
        pairs = [(one, new) for one, new in zip(asked, mutant.claims, strict=True) if one != new]
        if _survives(judging, partial(_swapped, Claim, "judge", _instead(pairs)), shapes=True):
            yield Survivor(f"{rule}'s claims", mutant.condition, mutant.change)


_JUDGE = Claim.judge


def _instead(pairs: list[tuple[Claim, Claim]]) -> Callable[..., Any]:
    def judge(self: Claim, *args: Any, **named: Any) -> Any:
        return _JUDGE(next((new for one, new in pairs if one == self), self), *args, **named)

    return judge


def _claims_asked(trial: Trial) -> list[Claim]:
    asked: list[Claim] = []

    def remember(self: Claim, *args: Any, **named: Any) -> Any:
        asked.extend([self] if self not in asked else [])
        return _JUDGE(self, *args, **named)

    with _swapped(Claim, "judge", remember):
        trial.judge()
    return asked


def _survives(
    judging: Iterable[Trial], mutated: Callable[[], AbstractContextManager[None]], *, shapes: bool
) -> bool:
    with mutated():
        if not all(trial.passes() for trial in judging):
            return False
    for shape in (shape for trial in judging if shapes for shape in trial.hostile()):
        with mutated():
            if not shape.ends():
                return False
    return True


@contextmanager
def _swapped(owner: Any, name: str, value: object) -> Iterator[None]:
    """The owner's attribute replaced for a while."""
    original = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, original)


def _function(module: ModuleType, name: str) -> FunctionType:
    """A module's function or method, without what decorates it."""
    owner, _, method = name.rpartition(".")
    found: Any = vars(getattr(module, owner) if owner else module)[method]
    return getattr(found, "fget", None) or getattr(found, "__wrapped__", found)

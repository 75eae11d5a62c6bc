"""Policies: the `.cue` files of a folder compiled, each policy with whom it is for, and what is wrong with them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backstay.check.cue.door import Fault, Text, faults_in, files_of
from backstay.check.cue.process import Ended, Process
from backstay.check.cue.rules import BAD_SELECTION, BOUNDED, NO_POLICY, TRAP
from backstay.check.cue.selection import Selection, Unclear, selection
from backstay.core.diagnostic import Diagnostic
from backstay.core.place import Place


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy. `number` is its value in the engine; `doc` the comment above it.

    `supplies` are fields that it gives to objects without them, as empty structs or lists; `asks` those that it
    requires or refers to; `apart`: it may give other values too.
    """

    name: str
    number: int
    selection: Selection
    doc: str
    place: Place
    apart: bool
    supplies: frozenset[str]
    asks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Compiled:
    """What the files say, and what is wrong with them."""

    policies: tuple[Policy, ...]
    findings: tuple[Diagnostic, ...]

    @property
    def lacking(self) -> bool:
        """Whether something does not compile, so that there are more policies than these."""
        return any(found.rule != TRAP.id for found in self.findings)


_TRAPS: Mapping[str, tuple[str, str]] = {
    "supplies": (
        "`{what}` passes when the field is absent: CUE fills it in",
        "write `!:` to ask for the field, or `?:` when only a wrong value is wrong",
    ),
    "branches": (
        "branches with required fields at `{what}` can be called incomplete for an object that is right",
        "write `matchN(1, [...])` around the branches, each open with `...`",
    ),
    "closed": (
        "`{what}` is closed: it refuses every field that it does not name, `metadata` and `kind` among them",
        "end its structs with `...`, or write it without the `#`",
    ),
    "nobody": (
        "`{what}` is held against nothing: it has no `@policy(...)`",
        'write `@policy(kinds="...")` inside it, or hide it as `_name` or `#name` when others use it',
    ),
}


def compile_policies(process: Process, texts: Sequence[Text]) -> Compiled:
    """Every policy that compiles and ends; `Ended` when the engine dies of them all the same."""
    told = process.ask({"op": "policies", "files": files_of(texts)})
    policies, findings = [], [no_policy(fault) for fault in faults_in(told)]
    for one in told.get("policies") or ():
        findings += [_trap(trap) for trap in one.get("traps") or ()]
        if one["arguments"] is not None:
            try:
                policies.append(_policy(one))
            except Unclear as wrong:
                help_ = 'write `@policy(kinds="Deployment,Job", labels="env=prod", severity=warning)`'
                findings.append(
                    BAD_SELECTION.report(f"policy `{one['name']}`: {wrong}", at=_place(one), help=help_)
                )
    return Compiled(tuple(policies), tuple(findings))


def endless(start: Callable[[], Process], texts: Sequence[Text]) -> tuple[list[Text], list[Diagnostic]]:
    """The files that an engine survives alone, and a finding for each of the others."""
    good, findings = [], []
    for text in texts:
        process = start()
        try:
            process.ask({"op": "policies", "files": files_of([text])})
            good.append(text)
        except Ended as ended:
            findings.append(BOUNDED.report(
                f"the file cannot be evaluated: {ended}", at=Place(text.name, 1, 1), help="look for what grows without end in it"
            ))  # fmt: skip
        finally:
            process.close()
    return good, findings


def no_policy(fault: Fault) -> Diagnostic:
    """The finding about a file, or a part of it, that does not compile."""
    where = f"`{'.'.join(fault.path)}`: " if fault.path else ""
    return NO_POLICY.report(
        f"{where}{fault.message}", at=fault.place, help="see `cue vet` and docs/policies.md"
    )


def plan(policies: Sequence[Policy]) -> tuple[list[Policy], list[Policy]]:
    """Which of these policies may be unified beforehand, and which have to be held against an object alone."""
    together: list[Policy] = []
    alone: list[Policy] = []
    for one in policies:
        fits = not one.apart and not any(
            one.supplies & other.asks or other.supplies & one.asks for other in together
        )
        (together if fits else alone).append(one)
    return together, alone


def _policy(told: Mapping[str, Any]) -> Policy:
    return Policy(
        told["name"], told["value"], selection(told["arguments"]), told.get("doc", ""), _place(told),
        told.get("apart", False), frozenset(told.get("supplies") or ()), frozenset(told.get("asks") or ()),
    )  # fmt: skip


def _trap(told: Mapping[str, Any]) -> Diagnostic:
    message, help_ = _TRAPS[told["kind"]]
    return TRAP.report(message.format(what=told["what"]), at=_place(told), help=help_)


def _place(told: Mapping[str, Any]) -> Place:
    return Place(told["file"], told["line"], told["column"])

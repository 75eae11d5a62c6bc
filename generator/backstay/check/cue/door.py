"""CUE from Python, in the shape of cue-py (`Context`, `compile`, `unify`, `validate`), so that it could stand here instead.

Errors are data: `validate` returns them. What is not a matter of values, such as an engine that dies, is raised
(`process.Ended`, `process.Refused`).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from backstay.check.cue.process import Process
from backstay.core.place import Place


class Sort(StrEnum):
    """What is wrong with a value."""

    CONFLICT = "conflict"
    REQUIRED = "required"  # a field marked `!` is missing
    NOT_ALLOWED = "not-allowed"  # a closed struct has no such field; without a place
    INCOMPLETE = "incomplete"  # what is asked for cannot be told from what is there; mostly without a place
    BRANCHES = "branches"  # no branch of a disjunction, or too few of `matchN`, fit; `nearest` is the closest
    SAID = "said"  # by `error("...")`


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: `path` is the way inside the value, `place` where CUE asks for something else."""

    sort: Sort
    path: tuple[str, ...]
    message: str
    place: Place = Place()
    nearest: "Fault | None" = None

    @staticmethod
    def of(told: Mapping[str, Any]) -> "Fault":
        """From the engine's words."""
        near = told.get("nearest")
        place = Place(told.get("file", ""), told.get("line", 0), told.get("column", 0))
        message = told["message"].removesuffix(":")
        return Fault(
            Sort(told["sort"]), tuple(told["path"]), message, place, None if near is None else Fault.of(near)
        )


@dataclass(frozen=True, slots=True)
class Text:
    """A CUE file: its name as findings print it, and what it says."""

    name: str
    text: str


class CompileError(ValueError):
    """CUE that cannot be compiled; `faults` says where and why."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(f"{fault.place}: {fault.message}" for fault in faults))
        self.faults = faults


class Context:
    """Where values live. One engine process each."""

    def __init__(self, process: Process) -> None:
        self.process = process

    def compile(self, text: str, name: str = "") -> "Value":
        """The value of a CUE text; `CompileError` when it has none."""
        return self.compile_package([Text(name, text)])

    def compile_package(self, texts: Iterable[Text]) -> "Value":
        """The value of files of one package."""
        told = self.process.ask({"op": "compile", "files": files_of(texts)})
        if "value" not in told:
            raise CompileError(_faults(told))
        return Value(self, told["value"])

    def to_value(self, plain: object) -> "Value":
        """A plain value, as JSON would have it."""
        return Value(self, self.process.ask({"op": "object", "object": plain})["value"])


class Value:
    """A CUE value of a context; `free` forgets it before the context ends."""

    def __init__(self, context: Context, number: int) -> None:
        self._context = context
        self.number = number

    def lookup(self, path: str) -> "Value | None":
        """What is at a CUE path; None when nothing is."""
        number = self._ask("lookup", path=path).get("value", 0)
        return Value(self._context, number) if number else None

    def unify(self, *others: "Value") -> "Value":
        """What this and the others say together."""
        numbers = [self.number, *(other.number for other in others)]
        told = self._context.process.ask({"op": "unify", "values": numbers})
        return Value(self._context, told["value"])

    def validate(self, *, final: bool = True) -> tuple[Fault, ...]:
        """What is wrong; `final`: that something is still open counts too."""
        return _faults(self._ask("validate", final=final))

    def judge(self, plain: object) -> tuple[Fault, ...]:
        """What is wrong with a plain value under this one. Nothing is kept."""
        return _faults(self._ask("validate", object=plain, final=True))

    def to_python(self) -> Any:
        """The plain value; `CompileError` when it is not concrete."""
        told = self._ask("json")
        if "json" not in told:
            raise CompileError(_faults(told))
        return told["json"]

    def to_json(self) -> str:
        """The plain value as JSON text."""
        return json.dumps(self.to_python())

    def places(self, name: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
        """Path, line and column of every value below that stands in the file of that name, parents first."""
        for spot in self._ask("places", path=name).get("spots") or ():
            yield tuple(spot["path"]), spot["line"], spot["column"]

    def free(self) -> None:
        """Forget the value."""
        self._ask("free")

    def _ask(self, operation: str, **more: object) -> Mapping[str, Any]:
        return self._context.process.ask({"op": operation, "values": [self.number], **more})


def files_of(texts: Iterable[Text]) -> list[dict[str, str]]:
    """Files as a request has them."""
    return [{"name": one.name, "text": one.text} for one in texts]


def _faults(told: Mapping[str, Any]) -> tuple[Fault, ...]:
    return tuple(faults_in(told))


def faults_in(told: Mapping[str, Any]) -> Iterator[Fault]:
    """The faults in a reply."""
    for fault in told.get("faults") or ():
        yield Fault.of(fault)

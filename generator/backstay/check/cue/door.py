"""CUE from Python, under the names of cue-py (cue-lang/cue-py, its `cue` package), so that it could stand here instead.

Of cue-py's names these are what backstay has a use for; its `Error` is opaque, and this one has `faults`. What is not a
matter of values, such as an engine that dies, is raised as `process.Ended` and `process.Refused`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from backstay.check.cue.process import Process, running
from backstay.check.cue.program import program
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
    """One thing that is wrong: `path` is the way inside the value, `place` where CUE asks for something else.

    `plain` is true of the words of an `error("...")` into which no value is put.
    """

    sort: Sort
    path: tuple[str, ...]
    message: str
    place: Place = Place()
    nearest: "Fault | None" = None
    plain: bool = False

    @staticmethod
    def of(told: Mapping[str, Any]) -> "Fault":
        """From the engine's words."""
        near = told.get("nearest")
        place = Place(told.get("file", ""), told.get("line", 0), told.get("column", 0))
        message = told["message"].removesuffix(":")
        return Fault(
            Sort(told["sort"]), tuple(told["path"]), message, place,
            None if near is None else Fault.of(near), told.get("plain", False),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """A CUE file: its name as findings print it, and what it says."""

    name: str
    text: str


class Error(ValueError):
    """CUE that has no value, or not the one asked for; `faults` says where and why."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(f"{fault.place}: {fault.message}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class FileName:
    """A build option: what faults call the text."""

    name: str


@dataclass(frozen=True, slots=True)
class Concrete:
    """An evaluation option: whether a value that is still open, such as `int`, is a fault."""

    concrete: bool


@dataclass(frozen=True, slots=True)
class Final:
    """An evaluation option: nothing more will be added, so defaults count and required fields have to be there."""


EvalOption = Concrete | Final


class Context:
    """Where values live; those of different contexts cannot meet. One engine process each."""

    def __init__(self, process: Process | None = None) -> None:
        """With an engine of its own unless one is given; `CannotTell` when there is none."""
        self._process = process or running(program())
        self._gone: list[int] = []

    def compile(self, s: str | bytes, *opts: FileName) -> "Value":
        """The value of a CUE text; `Error` when it has none."""
        name = opts[-1].name if opts else ""
        text = Text(name, s.decode() if isinstance(s, bytes) else s)
        return Value(self, self.ask({"op": "compile", "files": files_of([text])})["value"])

    def to_value(self, arg: object) -> "Value":
        """The value of plain Python data, as JSON would have it (cue-py: of a scalar)."""
        return Value(self, self.ask({"op": "object", "object": arg})["value"])

    def ask(self, request: Mapping[str, object]) -> Mapping[str, Any]:
        """What the engine replies; `Error` when that is faults. Values that nobody holds any more are forgotten first."""
        if self._gone:
            gone, self._gone = self._gone, []
            self._process.ask({"op": "free", "values": gone})
        told = self._process.ask(request)
        if told.get("faults"):
            raise Error(tuple(faults_in(told)))
        return told

    def forget(self, number: int) -> None:
        """Note a value that nobody holds. Nothing is sent: this may happen in the midst of a request."""
        self._gone.append(number)

    def close(self) -> None:
        """End the engine now."""
        self._process.close()


class Value:
    """A CUE value of a context."""

    def __init__(self, ctx: Context, v: int) -> None:
        self._ctx = ctx
        self._val = v

    def __del__(self) -> None:
        """Let the engine forget it."""
        self._ctx.forget(self._val)

    def context(self) -> Context:
        """The context that made it."""
        return self._ctx

    def lookup(self, path: str) -> "Value":
        """What is at a CUE path; `Error` when nothing is."""
        return Value(self._ctx, self._ask("lookup", path=path)["value"])

    def unify(self, other: "Value") -> "Value":
        """What this and the other say together."""
        told = self._ctx.ask({"op": "unify", "values": [self._val, other._val]})  # noqa: SLF001 - our own kind
        return Value(self._ctx, told["value"])

    def validate(self, *opts: EvalOption) -> None:
        """`Error` with everything that is wrong."""
        concrete = any(isinstance(one, Concrete) and one.concrete for one in opts)
        self._ask("validate", concrete=concrete, final=any(isinstance(one, Final) for one in opts))

    def to_json(self) -> str:
        """The plain value as JSON text; `Error` when it is not concrete."""
        return json.dumps(self._ask("json")["json"])

    def places(self, name: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
        """Path, line and column of every value below that stands in the file of that name, parents first (not in cue-py)."""
        for spot in self._ask("places", path=name).get("spots") or ():
            yield tuple(spot["path"]), spot["line"], spot["column"]

    def _ask(self, operation: str, **more: object) -> Mapping[str, Any]:
        return self._ctx.ask({"op": operation, "values": [self._val], **more})


def files_of(texts: Iterable[Text]) -> list[dict[str, str]]:
    """Files as a request has them."""
    return [{"name": one.name, "text": one.text} for one in texts]


def faults_in(told: Mapping[str, Any]) -> Iterator[Fault]:
    """The faults in a reply."""
    for fault in told.get("faults") or ():
        yield Fault.of(fault)

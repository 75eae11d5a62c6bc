"""The CUE engine of this working tree, and objects as its judge takes them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from backstay.check.context import Item
from backstay.check.cue.build import CannotBuild, built
from backstay.check.cue.door import Concrete, Error, Final, Text
from backstay.check.cue.judge import Judge
from backstay.check.cue.process import Limits
from backstay.core.manifest import ref_of
from backstay.core.place import Place
from e2e.support.cache import one_at_a_time, say_on_stderr
from e2e.support.errors import Unavailable
from e2e.support.golang import find_go

if TYPE_CHECKING:
    from pathlib import Path

    from backstay.check.cue.door import Fault, Value
    from backstay.core.diagnostic import Diagnostic


def engine() -> Path:
    """The program, built once into the user's cache; `Unavailable` when there is no Go, or no modules."""
    go = find_go()
    with pytest.MonkeyPatch.context() as patch, one_at_a_time("the CUE engine", say_on_stderr):
        patch.setenv("PATH", f"{go.path.parent}{os.pathsep}{os.environ['PATH']}")
        try:
            return built(say_on_stderr)
        except CannotBuild as failed:
            raise Unavailable(str(failed)) from failed


def item(value: dict[str, Any], *, partial: bool = False) -> Item:
    """An object as rules see it, from no spec."""
    return Item(ref_of(value), value, partial, "object.yaml", lambda _route: Place())


def judge(program: Path, *texts: str, limits: Limits = Limits()) -> Judge:  # noqa: B008 - frozen
    """A judge with policies from texts, named `policies/0.cue`, `policies/1.cue`, ..."""
    return Judge(program, tuple(Text(f"policies/{n}.cue", text) for n, text in enumerate(texts)), limits)


def found(one: Judge, *values: dict[str, Any]) -> list[Diagnostic]:
    """What it finds about objects."""
    return list(one.judge([item(value) for value in values]))


def config(name: str = "a", **more: Any) -> dict[str, Any]:
    """A ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **more}


def faults(value: Value, given: object) -> tuple[Fault, ...]:
    """What is wrong with plain data under a value."""
    try:
        value.unify(value.context().to_value(given)).validate(Concrete(concrete=True), Final())
    except Error as failed:
        return failed.faults
    return ()

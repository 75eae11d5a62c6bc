"""Mutants of functions: the same code with one condition deleted, or one bound moved by one.

A condition is the test of an `if`, a `while` or a conditional expression, an operand of `and` or `or`, a comparison,
the filter of a comprehension, what `any` and `all` ask of each item, and what a function returns that is `-> bool`.
"""

from __future__ import annotations

import ast
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType

_NEXT_TO = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
_SHOWN = 120


@dataclass(frozen=True)
class Mutant:
    """A function's code with one condition changed; `lines` are those of the condition, first and last."""

    function: str
    condition: str
    change: str
    lines: tuple[int, int]
    code: CodeType


@dataclass(frozen=True)
class _Change:
    """An expression to put in place of another: `put` writes where `was` stands."""

    condition: ast.expr
    words: str
    new: ast.expr
    was: ast.expr
    put: Callable[[ast.AST], None]


def mutants(source: str, file: str) -> Iterator[Mutant]:
    """Every mutant of every function and method of a module."""
    for owner, function in _functions(ast.parse(source)):
        asked = _asked(function)
        for change in [
            one for node, put in _below(function) for one in _changes(node, put, asked=id(node) in asked)
        ]:
            change.put(ast.fix_missing_locations(ast.copy_location(change.new, change.was)))
            code = _code(function, file)
            change.put(change.was)
            yield Mutant(
                f"{owner}{function.name}", _words(change.condition), change.words, _lines(change.was), code
            )


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions of a module, and its classes' methods with the class before them."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield "", node
        for inner in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(inner, ast.FunctionDef):
                yield f"{node.name}.", inner


def _below(node: ast.AST) -> Iterator[tuple[ast.AST, Callable[[ast.AST], None]]]:
    """All nodes of a function's body, each with what puts another one in its place."""
    fields = [("body", node.body)] if isinstance(node, ast.FunctionDef) else ast.iter_fields(node)
    for name, value in fields:
        if isinstance(value, ast.AST):
            yield value, lambda new, name=name: setattr(node, name, new)
            yield from _below(value)
        for index, one in enumerate(value) if isinstance(value, list) else ():
            if isinstance(one, ast.AST):
                yield one, lambda new, value=value, index=index: value.__setitem__(index, new)
                yield from _below(one)


def _changes(node: ast.AST, put: Callable[[ast.AST], None], *, asked: bool) -> Iterator[_Change]:
    if asked:
        for truth in (True, False):
            yield _Change(node, f"always {truth}", ast.Constant(truth), node, put)
    if isinstance(node, ast.BoolOp):
        for operand in node.values:
            rest = [one for one in node.values if one is not operand]
            yield _Change(
                operand, "dropped", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest), node, put
            )
    if isinstance(node, ast.Compare):
        yield from _comparisons(node, put)


def _comparisons(node: ast.Compare, put: Callable[[ast.AST], None]) -> Iterator[_Change]:
    """Either comparison of a chain dropped; each bound moved by one."""
    operands = [node.left, *node.comparators]
    singles = [ast.Compare(operands[i], [sign], [operands[i + 1]]) for i, sign in enumerate(node.ops)]
    for index, sign in enumerate(node.ops):
        if len(singles) > 1:
            rest = [one for one in singles if one is not singles[index]]
            yield _Change(
                singles[index],
                "dropped",
                rest[0] if len(rest) == 1 else ast.BoolOp(ast.And(), rest),
                node,
                put,
            )
        if type(sign) in _NEXT_TO:
            signs = [*node.ops[:index], _NEXT_TO[type(sign)](), *node.ops[index + 1 :]]
            yield _Change(
                singles[index], "bound moved", ast.Compare(node.left, signs, node.comparators), node, put
            )


def _asked(function: ast.FunctionDef) -> set[int]:
    """The ids of the expressions whose truth decides something; an operand is dropped instead."""
    found: list[ast.AST] = []
    operands: set[int] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.If | ast.While | ast.IfExp):
            found.append(node.test)
        elif isinstance(node, ast.comprehension):
            found += node.ifs
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"any", "all"}:
            found += [one.elt for one in node.args if isinstance(one, ast.GeneratorExp)]
        elif isinstance(node, ast.FunctionDef) and node.returns and ast.unparse(node.returns) == "bool":
            found += [one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value]
        elif isinstance(node, ast.Compare):
            found.append(node)
        elif isinstance(node, ast.BoolOp):
            operands |= set(map(id, node.values))
        elif isinstance(node, ast.Assert):
            operands |= set(map(id, ast.walk(node)))
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            operands.add(id(node.operand))
    return {id(one) for one in found if not isinstance(one, ast.Constant)} - operands


def _code(function: ast.FunctionDef, file: str) -> CodeType:
    """A function's own code; it closes over nothing, so that it may take the place of the original's."""
    bare = ast.FunctionDef(**{**dict(ast.iter_fields(function)), "decorator_list": []})
    module = ast.Module([ast.copy_location(bare, function)], [])
    constants = compile(module, file, "exec", dont_inherit=True).co_consts
    return next(one for one in constants if getattr(one, "co_name", None) == function.name)


def _lines(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.end_lineno or node.lineno


def _words(node: ast.expr) -> str:
    return textwrap.shorten(ast.unparse(node), _SHOWN, placeholder=" ...")

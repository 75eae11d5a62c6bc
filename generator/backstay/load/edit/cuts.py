"""Changes of a value as splices of the text that it was read from.

The first try is the obvious one. Whether it was right is not argued here but seen by reading the result again (`apply`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backstay.core.fix import Change, Edit, Rename
from backstay.core.route import Route, show
from backstay.load.edit import forms
from backstay.load.edit.nodes import Kind, Node, path

_BEFORE_DASH = re.compile(r" *(?:- +)*")
_BEHIND_DASH = re.compile(r"(?:[ \t]+[&!]\S+)?(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:[&!]\S+\s+)?")


class CannotEdit(Exception):  # noqa: N818 - no error of the program
    """A change that cannot be made in this text; the message says why, in words."""


@dataclass(frozen=True, slots=True, order=True)
class Splice:
    """Put `text` in the place of the characters from `start` up to `end`."""

    start: int
    end: int
    text: str


def splices(text: str, root: Node, change: Change) -> list[Splice]:
    """What to do to the text for one change of the document with that root. Raises CannotEdit."""
    cutter = _Cutter(text, root)
    if isinstance(change, Rename):
        return [cutter.rename(change)]
    if change.value is None:
        return list(cutter.remove(change.route))
    return list(cutter.put(change))


@dataclass(frozen=True, slots=True)
class _Cutter:
    """Works out splices of one document."""

    text: str
    root: Node

    def rename(self, change: Rename) -> Splice:
        parent, index = self._entry(change.route)
        key = parent.keys[index]
        return Splice(key.start, key.end, forms.like(change.key, key.style, ""))

    def put(self, change: Edit) -> Iterator[Splice]:
        nodes = path(self.root, change.route)
        here, rest = nodes[-1], change.route[len(nodes) - 1 :]
        if rest and here.kind is Kind.ALIAS:
            raise CannotEdit(f"`{show(change.route)}` is shared by an alias")
        value = _wrapped(rest[1:], change.value)
        if not rest:
            yield from self._replace(nodes, value)
        elif here.kind is Kind.SCALAR and not here.text and not here.style:
            yield from self._replace(nodes, _wrapped(rest, change.value))
        elif here.kind is Kind.SCALAR:
            raise CannotEdit(f"there is no place for `{show(change.route)}`")
        elif here.flow:
            yield self._into_flow(here, rest[0], value)
        else:
            yield self._into_block(here, rest[0], value)

    def remove(self, route: Route) -> Iterator[Splice]:
        parent, index = self._entry(route)
        if parent.flow:
            yield self._out_of_flow(parent, index)
        elif len(parent.values) > 1:
            yield self._out_of_block(parent, index)
        else:
            yield from self._emptied(route, parent)

    def _entry(self, route: Route) -> tuple[Node, int]:
        """The node that holds what stands at a route, and where in it."""
        nodes = path(self.root, route[:-1])
        if nodes[-1].kind is Kind.ALIAS:
            raise CannotEdit(f"`{show(route)}` is shared by an alias")
        index = nodes[-1].index(route[-1]) if len(nodes) == len(route) else None
        if index is None:
            raise CannotEdit(f"`{show(route)}` is not written here")
        return nodes[-1], index

    def _replace(self, nodes: list[Node], value: object) -> Iterator[Splice]:
        here, parent = nodes[-1], nodes[-2] if len(nodes) > 1 else None
        inside_flow = any(node.flow for node in nodes)
        if inside_flow:
            yield Splice(here.start, here.end, self._flow_form(here, value))
        elif not here.block and not (isinstance(value, dict | list) and value):
            yield self._scalar(here, value, parent)
        elif parent is None:
            raise CannotEdit("the whole document would be written anew")
        else:
            yield from self._whole(here, parent, value)

    def _flow_form(self, here: Node, value: object) -> str:
        quoted = here.style == '"' or any(key.style == '"' for key in here.keys)
        space = " " if here.start == here.end else ""
        return space + forms.flow(
            value, quoted=quoted and (here.kind is not Kind.SCALAR or isinstance(value, str))
        )

    def _scalar(self, here: Node, value: object, parent: Node | None) -> Splice:
        """One scalar, or empty brackets, in the place of another; a comment behind `|` stays."""
        old = self.text[here.start : here.end]
        pad = "\n" + " " * self._body_indent(here, parent)
        new = forms.like(value, here.style, pad)
        head = old.partition("\n")[0]
        if here.style in {"|", ">"} and "#" in head:
            sign, _, body = new.partition("\n")
            behind = head[len(head.split()[0]) :]
            new = f"{sign}{behind}\n{body}" if body else sign + behind
        return Splice(here.start, here.end, (" " if here.start == here.end else "") + new)

    def _body_indent(self, here: Node, parent: Node | None) -> int:
        """How far in the lines of a block text stand."""
        if here.style in {"|", ">"}:
            lines = self.text[here.start : here.end].split("\n")[1:]
            return next((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), 2)
        return 2 if parent is None else self._column(parent) + 2

    def _whole(self, here: Node, parent: Node, value: object) -> Iterator[Splice]:
        """A mapping or list comes, or goes: the rest of the line of its key stays, with its comment."""
        begin = self._behind_key(here, parent)
        lines = forms.value_lines(value, self._column(parent) + 2)
        if parent.kind is Kind.SEQUENCE and lines.startswith("\n"):
            lines = " " + lines.lstrip()
        end = self._line_end(begin if here.block else here.end)
        rest = (
            here.start if here.block else end
        )  # what stands between the key and its value, or behind the value
        if "#" not in self.text[begin:rest] and (here.block or not lines.startswith("\n")):
            yield Splice(begin, here.end, lines)
        elif here.block and lines.startswith("\n"):
            yield Splice(end, self._line_end(here.end), lines)
        elif here.block:
            sign, line_break, body = lines.partition("\n")
            yield Splice(begin, begin, sign)
            yield Splice(end, self._line_end(here.end), line_break + body)
        else:
            yield Splice(begin, here.end, "")
            yield Splice(end, end, lines)

    def _behind_key(self, here: Node, parent: Node) -> int:
        index = next(i for i, one in enumerate(parent.values) if one is here)
        if parent.kind is Kind.SEQUENCE:
            return self._dash(here.start) + 1
        return self.text.index(":", parent.keys[index].end) + 1

    def _into_flow(self, here: Node, step: str | int, value: object) -> Splice:
        """A further entry behind the last one between brackets."""
        sample = (*here.keys, *here.values)
        quoted = any(one.style == '"' for one in here.keys) or (
            not here.keys and any(one.style == '"' for one in sample)
        )
        form = forms.flow(value, quoted=quoted)
        if isinstance(step, str):
            form = f"{forms.flow(step, quoted=quoted)}: {form}"
        if not here.values:
            return Splice(here.start + 1, here.end - 1, form)
        last = here.values[-1].end
        first = (here.keys or here.values)[-1].start
        line = self._line_start(first)
        alone = line > here.start and not self.text[line:first].strip()
        between = f",\n{self.text[line:first]}" if alone else ", "
        return Splice(last, last, between + form)

    def _into_block(self, here: Node, step: str | int, value: object) -> Splice:
        """A further line, or more, behind the last of a mapping or list."""
        indent = self._column(here)
        wanted = Kind.MAPPING if isinstance(step, str) else Kind.SEQUENCE
        if here.kind is not wanted:
            raise CannotEdit(f"`{step}` does not fit into what stands there")
        form = forms.entry(step, value, indent) if isinstance(step, str) else forms.item(value, indent)
        end = self._line_end(here.end)
        return Splice(end, end, f"\n{' ' * indent}{form}")

    def _out_of_flow(self, parent: Node, index: int) -> Splice:
        starts = [one.start for one in (parent.keys or parent.values)]
        if len(starts) == 1:
            return Splice(parent.start + 1, parent.end - 1, "")
        if index == len(starts) - 1:
            return Splice(parent.values[index - 1].end, parent.values[index].end, "")
        comma = self.text.find(",", parent.values[index].end, starts[index + 1])
        end = comma + 1 + len(self.text[comma + 1 :]) - len(self.text[comma + 1 :].lstrip(" "))
        begin = self._line_start(starts[index])
        if self.text[end : end + 1] == "\n" and not self.text[begin : starts[index]].strip():
            return Splice(begin, end + 1, "")
        return Splice(starts[index], end, "")

    def _emptied(self, route: Route, parent: Node) -> Iterator[Splice]:
        """Brackets for what has nothing left in it."""
        empty: object = {} if parent.kind is Kind.MAPPING else []
        nodes = path(self.root, route[:-1])
        if len(nodes) > 1:
            yield from self._whole(parent, nodes[-2], empty)
        else:
            start = parent.start if parent.keys else self._dash(parent.values[0].start)
            yield Splice(start, parent.end, "{}" if parent.keys else "[]")

    def _out_of_block(self, parent: Node, index: int) -> Splice:
        starts = [one.start for one in parent.keys] or [self._dash(one.start) for one in parent.values]
        begin, end = self._line_start(starts[index]), self._line_end(parent.values[index].end)
        if not self.text[begin : starts[index]].strip():
            return Splice(begin, end + 1, "") if end < len(self.text) else Splice(begin - 1, end, "")
        if index + 1 == len(starts) or "#" in self.text[end : starts[index + 1]]:
            raise CannotEdit("the line also holds something else")
        return Splice(starts[index], starts[index + 1], "")

    def _dash(self, at: int) -> int:
        """Where the dash of a list item is that begins at a place: only comments and an anchor may stand between."""
        found = self.text.rfind("-", 0, at)
        while found >= 0:
            if _BEFORE_DASH.fullmatch(self.text, self._line_start(found), found):
                if _BEHIND_DASH.fullmatch(self.text, found + 1, at):
                    return found
                break
            found = self.text.rfind("-", 0, found)
        raise CannotEdit("the list is written in an unusual way")

    def _column(self, node: Node) -> int:
        """How far in the entries of a mapping or list by indentation stand."""
        at = node.keys[0].start if node.keys else self._dash(node.values[0].start)
        return at - self._line_start(at)

    def _line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def _line_end(self, at: int) -> int:
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found


def _wrapped(route: Route, value: object) -> object:
    """The value inside the mappings and lists that have to be made for it."""
    for step in reversed(route):
        value = [value] if isinstance(step, int) else {step: value}
    return value

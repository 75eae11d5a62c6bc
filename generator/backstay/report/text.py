"""Findings for people: what, where (with the line itself), why it matters, what to do, and whether that can be had done."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.rule import Rule
from backstay.report.columns import cut, wrapped

LineOf = Callable[[str, int], str | None]
"""The text of a line of a file, counted from 1; None when it cannot be had."""
Paint = Callable[[str, str], str]
"""A text in a colour (`red`, `yellow`, `blue`, `cyan`, `green`, `bold`), or as it is."""

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}
_HIDDEN = frozenset({"SEC001"})
_WIDTH = 160
"""Columns of an excerpt where nobody says how wide the terminal is."""
_NEAR = 4_000
"""Characters of a line on either side of a place: wider than any terminal, and a line may be a whole file."""
_INDENT = 10
_HEAD_INDENT = 4


@dataclass(frozen=True, slots=True)
class Page:
    """How findings are to be set: in how many columns (0: lines as long as they are), and what command repairs them."""

    line_of: LineOf
    paint: Paint
    width: int = 0
    fixing: str = "backstay check"


def to_text(found: Iterable[Diagnostic], rules: Mapping[str, Rule], page: Page) -> str:
    """All findings, a block each, a blank line between; why a rule matters stands with its first finding."""
    told: set[str] = set()
    blocks = []
    for finding in found:
        rule = None if finding.rule in told else rules.get(finding.rule)
        told.add(finding.rule)
        blocks.append("\n".join(_block(finding, rule.why if rule else "", page)) + "\n")
    return "\n".join(blocks)


def summary(found: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning, 1 waived`; `no findings`."""
    counts = dict.fromkeys(Severity, 0)
    waived = 0
    for finding in found:
        if finding.waived is None:
            counts[finding.severity] += 1
        else:
            waived += 1
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    parts = [f"{n} {words[s]}{'' if n == 1 else 's'}" for s, n in counts.items() if n]
    parts += [f"{waived} waived"] if waived else []
    return ", ".join(parts) or "no findings"


def hints(found: Iterable[Diagnostic], page: Page) -> str:
    """What a person may do next: have things repaired, read more; empty where there is nothing."""
    told = [finding for finding in found if finding.waived is None]
    fixes = [finding.fix for finding in told if finding.fix is not None]
    safe = sum(fix.safe for fix in fixes)
    lines = [f"`{page.fixing} --fix` repairs {_many(safe)}; `--diff` shows how first"] if safe else []
    if len(fixes) > safe:
        lines.append(
            f"`{page.fixing} --fix=unsafe --diff` shows repairs that want a look, of {_many(len(fixes) - safe)}"
        )
    lines += [f"`backstay rules {told[0].rule}` says more about a rule"] if told else []
    return "".join(line + "\n" for text in lines for line in wrapped("", text, page.width, 2))


def _many(count: int) -> str:
    return f"{count} finding{'' if count == 1 else 's'}"


def _block(finding: Diagnostic, why: str, page: Page) -> Iterator[str]:
    paint = page.paint
    head = f"{paint(f'{finding.severity.value}[{finding.rule}]', _COLOURS[finding.severity])} {paint(finding.name, 'bold')}: "
    yield from wrapped(head, _clean(finding.message), page.width, _HEAD_INDENT)
    if finding.place.file or finding.place.route:
        yield from _excerpt(finding, page)
    if finding.object is not None:
        field = f", field {finding.field}" if finding.field else ""
        yield from _line("object", _clean(f"{finding.object}{field}"), page)
    for one in finding.related:
        yield from _line("see", f"{one.place}: {_clean(one.message)}", page)
    if why:
        yield from _line("why", why, page)
    if finding.help:
        yield from _line("help", _clean(finding.help), page, "bold")
    if finding.fix is not None:
        how = "safe" if finding.fix.safe else "changes what happens"
        option = "--fix" if finding.fix.safe else "--fix=unsafe"
        yield from _line(
            "fix", f"{_clean(finding.fix.title)} ({how}: `{page.fixing} {option}`)", page, "green"
        )


def _line(name: str, text: str, page: Page, colour: str = "") -> list[str]:
    return wrapped(f"  = {page.paint(name, colour) if colour else name}: ", text, page.width, _INDENT)


def _excerpt(finding: Diagnostic, page: Page) -> Iterator[str]:
    place = finding.place
    path = f" ({place.path})" if place.file and place.route else ""
    arrow = f"  {page.paint('-->', 'cyan')} "
    yield from wrapped(arrow, _clean(f"{place}{path}"), page.width, _HEAD_INDENT + 2)
    text = page.line_of(place.file, place.line) if place.line else None
    if text is None:
        return
    if finding.rule in _HIDDEN:
        text = text[: place.column - 1] + "(hidden)"
    yield from _marked(finding, text, page)


def _marked(finding: Diagnostic, text: str, page: Page) -> Iterator[str]:
    """The line, cut so that its place can be seen, and a caret under it."""
    place = finding.place
    number = str(place.line)
    at = place.column - 1
    before, behind = (
        _clean(part.replace("\t", " ")) for part in (text[max(at - _NEAR, 0) : at], text[at : at + _NEAR])
    )
    limit = page.width - len(number) - len("  | ") if page.width else _WIDTH
    shown, column = cut(before + behind, len(before), limit)
    bar = page.paint("|", "cyan")
    yield f" {' ' * len(number)} {bar}"
    yield f" {page.paint(number, 'cyan')} {bar} {shown}"
    yield f" {' ' * len(number)} {bar} {' ' * column}{page.paint('^', _COLOURS[finding.severity])}"


def _clean(text: str) -> str:
    """Control characters as escapes: a hostile file must not drive the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)

"""Rules for people and machines: a line, a page, plain values."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from backstay.check.parameters import Parameter
from backstay.core.diagnostic import Severity
from backstay.core.rule import Rule
from backstay.core.ruledoc import RuleDoc, read_doc
from backstay.core.units import show_duration
from backstay.report.columns import wrapped

Paint = Callable[[str, str], str]

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}
_CODE = ("Bad", "Good")
_FIX_WORDS = {
    ("safe",): "safe, by `--fix`",
    ("unsafe",): "changes what happens, by `--fix=unsafe`",
    ("safe", "unsafe"): "by `--fix` where it is safe, else by `--fix=unsafe`",
}


@dataclass(frozen=True, slots=True)
class Fields:
    """What is known of a rule besides its words: its system, how far its repairs go, its parameters by name."""

    system: str
    fix: tuple[str, ...]
    parameters: Mapping[str, Parameter]


def as_line(rule: Rule, fields: Fields, paint: Paint) -> str:
    """Id, severity, whether it has repairs, and name, in columns."""
    severity = paint(f"{rule.severity.value:7}", _COLOURS[rule.severity])
    return f"{rule.id}  {severity}  {'fix' if fields.fix else '   '}  {rule.name}"


def as_page(rule: Rule, fields: Fields, paint: Paint, width: int) -> str:
    """Everything about a rule, sentences in so many columns (0: as long as they are)."""
    head = f"{paint(rule.id, _COLOURS[rule.severity])} {paint(rule.name, 'bold')} ({rule.severity.value}, {fields.system})"
    return "\n".join([head, *_paragraphs(rule, fields, paint, width)])


def as_value(rule: Rule, fields: Fields) -> dict[str, object]:
    """A rule in plain values; texts that it does not have are empty."""
    doc = _doc(rule)
    parameters = {
        name: {"default": _written(one), "meaning": one.meaning} for name, one in fields.parameters.items()
    }
    return {
        "id": rule.id, "name": rule.name, "severity": rule.severity.value, "system": fields.system, "fix": list(fields.fix),
        "about": doc.about, "breaks": doc["Breaks"], "bad": doc["Bad"], "good": doc["Good"],
        "notJudged": doc["Not judged"], "parameters": parameters, "source": doc["Source"],
    }  # fmt: skip


def _doc(rule: Rule) -> RuleDoc:
    return read_doc(rule.doc) if rule.doc else RuleDoc("", {"Breaks": rule.why, "Source": rule.source})


def _paragraphs(rule: Rule, fields: Fields, paint: Paint, width: int) -> Iterator[str]:
    doc = _doc(rule)
    for paragraph in doc.about.split("\n\n") if doc.about else ():
        yield "\n" + "\n".join(wrapped("", " ".join(paragraph.split()), width, 0))
    told = {"Breaks": doc["Breaks"], "Not judged": doc["Not judged"], "Repairs": _FIX_WORDS.get(fields.fix, ""),
            "Parameters": "; ".join(f"{name} ({_written(one)}): {one.meaning}" for name, one in fields.parameters.items())}  # fmt: skip
    for name, text in told.items():
        if text:
            yield "\n" + "\n".join(wrapped(f"{paint(f'{name}:', 'bold')} ", text, width, 2))
        if name == "Breaks":
            yield from _examples(doc, paint)
    if doc["Source"]:
        yield "\n" + "\n".join(wrapped(f"{paint('Source:', 'bold')} ", doc["Source"], width, 2))


def _examples(doc: RuleDoc, paint: Paint) -> Iterator[str]:
    for name in _CODE:
        if doc[name]:
            yield "\n" + paint(f"{name}:", "bold")
            yield "\n".join(f"    {line}".rstrip() for line in doc[name].splitlines())


def _written(parameter: Parameter) -> str:
    return show_duration(parameter.default) if parameter.unit == "ms" else str(parameter.default)

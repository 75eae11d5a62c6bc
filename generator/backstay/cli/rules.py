"""`backstay rules`: what can be found."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches

import click

from backstay.cli.outcome import Exit
from backstay.cli.policy_folder import rule_of
from backstay.cli.printing import color_option, paint_for, width_of
from backstay.core.diagnostic import Severity
from backstay.core.family import FAMILIES, system_of
from backstay.core.rule import Rule
from backstay.fix.known import levels
from backstay.report.rules import Fields, as_line, as_page, as_value

_EXPLAIN = "explain"


@click.command("rules")
@click.argument("words", nargs=-1)
@click.option(
    "--system", "systems", multiple=True, type=click.Choice([family.system for family in FAMILIES.values()]),
    metavar="NAME", help=f"Only rules about this (again for more): {', '.join(one.system for one in FAMILIES.values())}.",
)  # fmt: skip
@click.option(
    "--severity", "severities", multiple=True, type=click.Choice([one.value for one in Severity]),
    help="Only rules of this severity (again for more).",
)  # fmt: skip
@click.option("--fixable", is_flag=True, help="Only rules that have repairs.")
@click.option(
    "--format", "form", type=click.Choice(("text", "json")), default="text", help="How they are told."
)
@color_option
def command(
    words: tuple[str, ...], systems: tuple[str, ...], severities: tuple[str, ...], form: str, *, fixable: bool
) -> int:
    """List the rules, those whose id, name or text has all WORDS (a release such as 2.17 is a word too), or explain some.

    Ids or names of rules alone are explained, and so is what stands behind `explain`.

    Exit codes: 0 told, 1 no rule is like that, 2 no such rule.
    """
    from backstay.rules import rules_by_id

    rules = rules_by_id()
    named = words[1:] if words[:1] == (_EXPLAIN,) else words
    ids = [rule_of(word.lower()) for word in named]
    if named != words or (ids and all(ids)):
        return _explain(rules, named, ids, form)
    wanted = [
        rule
        for _, rule in sorted(rules.items())
        if all(_has(rule, word.lower()) for word in words)
        and (not systems or system_of(rule.id) in systems)
        and (not severities or rule.severity in severities)
        and (not fixable or levels(rule.id))
    ]
    _tell(wanted, form, _lines)
    if not wanted:
        click.echo(f"no rule is like that{_about(words)}", err=True)
    return Exit.CLEAN if wanted else Exit.FINDINGS


def _explain(rules: Mapping[str, Rule], named: Sequence[str], ids: Sequence[str | None], form: str) -> int:
    """Each page; unknown words are told with the rule that may be meant."""
    unknown = [word for word, id_ in zip(named, ids, strict=True) if id_ is None]
    for word in unknown:
        near = get_close_matches(word.upper(), rules, 1) or get_close_matches(
            word, [one.name for one in rules.values()], 1
        )
        click.echo(
            f"there is no rule `{word}`"
            + (f"; did you mean {near[0]}?" if near else "; see `backstay rules`"),
            err=True,
        )
    if not named:
        raise click.UsageError("explain which rule? `backstay rules` lists them")
    _tell([rules[id_] for id_ in dict.fromkeys(ids) if id_], form, _pages)
    return Exit.BAD_CALL if unknown else Exit.CLEAN


def _tell(found: Sequence[Rule], form: str, text: Callable[[Sequence[Rule]], Iterator[str]]) -> None:
    if form == "json":
        rules = [as_value(rule, _fields(rule)) for rule in found]
        click.echo(json.dumps({"version": 1, "rules": rules}, indent=2))
    else:
        for line in text(found):
            click.echo(line, color=True)


def _lines(found: Sequence[Rule]) -> Iterator[str]:
    paint = paint_for(sys.stdout)
    return (as_line(rule, _fields(rule), paint) for rule in found)


def _pages(found: Sequence[Rule]) -> Iterator[str]:
    paint, width = paint_for(sys.stdout), width_of(sys.stdout)
    for number, rule in enumerate(found):
        yield ("\n" if number else "") + as_page(rule, _fields(rule), paint, width)


def _fields(rule: Rule) -> Fields:
    from backstay.check.parameters import PARAMETERS

    own = {name: one for (id_, name), one in PARAMETERS.items() if id_ == rule.id}
    return Fields(system_of(rule.id), tuple(level.value for level in levels(rule.id)), own)


def _has(rule: Rule, word: str) -> bool:
    return any(word in text.lower() for text in (rule.id, rule.name, rule.why, rule.doc, system_of(rule.id)))


def _about(words: Sequence[str]) -> str:
    return f": {' and '.join(f'`{word}`' for word in words)}" if words else ""

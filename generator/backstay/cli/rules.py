"""`backstay rules`: what can be found."""

import click

from backstay.cli.outcome import Exit
from backstay.core.rule import Rule


@click.command("rules")
@click.argument("words", nargs=-1)
def command(words: tuple[str, ...]) -> int:
    """List the rules, those whose id, name or text has all WORDS, or (one id) explain one."""
    from backstay.pipeline import rules_by_id

    rules = rules_by_id()
    if len(words) == 1 and words[0].upper() in rules:
        click.echo(_page(rules[words[0].upper()]))
        return Exit.CLEAN
    found = [rule for _, rule in sorted(rules.items()) if all(_has(rule, word.lower()) for word in words)]
    for rule in found:
        click.echo(f"{rule.id}  {rule.severity.value:7}  {rule.name}")
    if not found:
        click.echo(f"no rule has {' and '.join(f'`{word}`' for word in words)}", err=True)
        return Exit.FINDINGS
    return Exit.CLEAN


def _has(rule: Rule, word: str) -> bool:
    return any(word in text.lower() for text in (rule.id, rule.name, rule.why, rule.doc))


def _page(rule: Rule) -> str:
    text = rule.doc.strip() or f"{rule.why}." + (f"\nSource: {rule.source}" if rule.source else "")
    return f"{rule.id} {rule.name} ({rule.severity.value})\n\n{text}"

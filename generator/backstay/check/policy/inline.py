"""Excuses beside what they excuse: `# backstay: allow MSH014 why` in a spec, on the line or on the one above it.

A comment counts for findings about the line that it ends, or, where it stands alone, about the next line that says something.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from backstay.check.policy.rules import ALLOW_WITHOUT_REASON, UNKNOWN_RULE, UNUSED_WAIVER
from backstay.core.diagnostic import Diagnostic
from backstay.core.place import Place

_ALLOW = re.compile(r"(?:^|\s)(?:#|//)\s*backstay:\s*allow\b[ \t]*(?P<rule>\S*)[ \t]*(?P<reason>.*)$")
_COMMENT = ("#", "//")
"""In YAML, and in CUE."""
_LEAST_REASON = 10


@dataclass(frozen=True, slots=True)
class Allow:
    """One such comment: the rule's id or a policy's name, why, the line that it is about, and where it stands itself."""

    rule: str
    reason: str
    line: int
    at: Place


def allows(
    file: str, text: str, rule_of: Callable[[str], str | None]
) -> tuple[list[Allow], list[Diagnostic]]:
    """The comments of a file, and what is wrong with them.

    `rule_of` gives a rule's id for its id or name, and the name of a policy in CUE for itself.
    """
    found, wrong = [], []
    lines = text.splitlines() if "backstay:" in text else []
    for number, line in enumerate(lines, 1):
        match = _ALLOW.search(line)
        if match is None:
            continue
        place = Place(file, number, match.start() + 1)
        rule, reason = rule_of(match["rule"]), match["reason"].strip()
        if rule is None:
            wrong.append(
                UNKNOWN_RULE.report(
                    f"there is no rule `{match['rule']}`",
                    at=place,
                    help="see `backstay rules`, and the names in policies/*.cue",
                )
            )
        elif len(reason) < _LEAST_REASON:
            wrong.append(ALLOW_WITHOUT_REASON.report(f"{rule} is allowed without a reason", at=place,
                                                     help=f"write `# backstay: allow {rule} <why it is all right>`"))  # fmt: skip
        else:
            found.append(Allow(rule, reason, _about(lines, number), place))
    return found, wrong


def _about(lines: list[str], number: int) -> int:
    """The line that a comment is about: its own, or the next that says something where it stands alone."""
    if not lines[number - 1].lstrip().startswith(_COMMENT):
        return number
    after = (
        at
        for at in range(number, len(lines))
        if lines[at].strip() and not lines[at].lstrip().startswith(_COMMENT)
    )
    return next(after, number - 1) + 1


def excuse(
    found: Iterable[Diagnostic], comments: Mapping[str, Iterable[Allow]]
) -> tuple[list[Diagnostic], frozenset[Place]]:
    """The findings with those excused that a comment of their file is about, and where the comments stand that did so."""
    kept, used = [], set()
    for one in found:
        near = comments.get(one.place.file, ())
        allow = next((a for a in near if a.rule in {one.rule, one.policy} and a.line == one.place.line), None)
        if allow is None or one.waived is not None:
            kept.append(one)
        else:
            used.add(allow.at)
            kept.append(replace(one, waived=allow.reason))
    return kept, frozenset(used)


def unused(comments: Iterable[Allow], used: Iterable[Place]) -> Iterator[Diagnostic]:
    """Comments that excused nothing."""
    excused = set(used)
    for allow in comments:
        if allow.at not in excused:
            yield UNUSED_WAIVER.report(
                f"nothing is found here that `allow {allow.rule}` excuses",
                at=allow.at,
                help="take the comment out",
            )

"""The table of load rules: complete, unique, and in words."""

import re

from backstay.load import rules


def test_every_rule_is_in_the_table_once():
    """By id and by name, in the order of the ids."""
    ids = [rule.id for rule in rules.RULES]
    assert ids == [f"LOD{number:03}" for number in range(1, len(ids) + 1)]
    assert len({rule.name for rule in rules.RULES}) == len(ids)
    named = {value.id for name, value in vars(rules).items() if name.isupper() and name != "RULES"}
    assert named == set(ids)


def test_every_rule_says_what_breaks():
    """The name reads after "allow", the reason is a clause in lower case without a full stop."""
    for rule in rules.RULES:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
        assert rule.why
        assert not rule.why.endswith(".")

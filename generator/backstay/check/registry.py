"""The rules, all of them, in the order of their ids. A rule that is not listed here does not exist."""

from backstay.check.rule import Check

CHECKS: tuple[Check, ...] = ()

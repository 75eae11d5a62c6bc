"""The rules, all of them, in the order of their ids. A rule that is not listed here does not exist."""

from backstay.check.rule import Check
from backstay.check.rules.kfp import kfp001_dead_launcher_key as kfp001

CHECKS: tuple[Check, ...] = (
    kfp001.CHECK,
)  # fmt: skip

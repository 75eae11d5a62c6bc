"""Every rule of every stage, by its id: for those who tell rules and need no stage to run."""

from collections.abc import Mapping

from backstay.audit import rules as audit_rules
from backstay.check.cue import rules as cue_rules
from backstay.check.policy import rules as policy_rules
from backstay.check.registry import CHECKS
from backstay.check.schemas import rules as schema_rules
from backstay.core import fault
from backstay.core.rule import Rule
from backstay.load import rules as load_rules
from backstay.resolve import rules as resolve_rules
from backstay.spec import rules as spec_rules
from backstay.write import rules as write_rules


def rules_by_id() -> Mapping[str, Rule]:
    """Every rule of every stage."""
    tables = (
        audit_rules.RULES,
        fault.RULES,
        load_rules.RULES,
        policy_rules.RULES,
        cue_rules.RULES,
        spec_rules.RULES,
        resolve_rules.RULES,
        schema_rules.RULES,
        write_rules.RULES,
    )
    checks = (one.rule for one in CHECKS)
    return {rule.id: rule for rule in (*(rule for table in tables for rule in table), *checks)}

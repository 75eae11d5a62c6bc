"""Which rules have repairs, for those who look for them; what the rules really repair decides, and a test compares."""

from backstay.fix.choice import Level


def _ids(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SAFE = _ids(
    """
    JOB001 JOB002 JOB008 JOB009 JOB024 JOB028 JOB033 JOB034 JOB040 KFP001 KFP002 KFP005 KFP008 KFP010 KFP016 KFP017 KFP018
    KFP023 KFP024 MSH021 MSH031 SCH001 SEC004 SPC001 SPC004 SPC005
    """
)
_UNSAFE = _ids(
    """
    JOB004 JOB006 JOB007 JOB010 JOB011 JOB012 JOB013 JOB014 JOB015 JOB017 JOB021 JOB023 JOB026 JOB027 JOB028 JOB029 JOB030
    JOB033 JOB034 JOB037 JOB039 JOB041 KFP001 KFP002 KFP003 KFP010 KFP011 KFP012 KFP013 KFP015 KFP020 KFP022 KFP023 KFP026
    KFP028 KFP034 MSH003 MSH011 MSH012 MSH014 MSH018 MSH020 MSH023 MSH028 MSH029 MSH031 MSH032 MSH033 MSH037 MSH038 SCH001
    SEC002 SEC003 SEC005 SPC001 SPC005
    """
)


def levels(rule: str) -> tuple[Level, ...]:
    """How far a run has to go for a rule's repairs; more than one where it depends on what is found."""
    known = ((Level.SAFE, _SAFE), (Level.UNSAFE, _UNSAFE))
    return tuple(level for level, rules in known if rule in rules)

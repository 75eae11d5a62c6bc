"""What can be wrong with a policy itself."""

from backstay.core.rule import error, warning

UNKNOWN_RULE = error(
    "POL001", "unknown-rule-in-policy", "the setting or waiver has no effect, and nobody notices"
)
NOT_TUNABLE = error(
    "POL002",
    "rule-not-tunable",
    "what cannot be read or would be a guess cannot be excused: nothing could be compiled from it",
)
EXPIRED_WAIVER = warning(
    "POL003", "expired-waiver", "an excuse that outlives its date hides what was to be mended by then"
)
UNUSED_WAIVER = warning(
    "POL004", "unused-waiver", "an excuse that excuses nothing will excuse something else one day"
)
UNKNOWN_PARAMETER = error("POL005", "unknown-parameter", "the rule goes on measuring with its own number")
ALLOW_WITHOUT_REASON = error(
    "POL006", "allow-without-reason", "nobody can tell later whether the excuse still holds"
)
SET_TWICE = error(
    "POL007",
    "rule-set-twice",
    "one of the two settings has no effect, and which is not for the file's order to say",
)

UNREACHED = warning(
    "ADM002", "waiver-without-exemption", "what is excused here is refused by the cluster all the same"
)

RULES = (
    UNKNOWN_RULE,
    NOT_TUNABLE,
    EXPIRED_WAIVER,
    UNUSED_WAIVER,
    UNKNOWN_PARAMETER,
    ALLOW_WITHOUT_REASON,
    SET_TWICE,
    UNREACHED,
)

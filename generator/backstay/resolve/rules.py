"""What can be wrong with a spec against the world: versions, presets, deliveries."""

from backstay.core.rule import error

UNSUPPORTED_VERSION = error(
    "VER001",
    "unsupported-version",
    "names, defaults and knobs differ between versions; output for a version nobody looked at is a guess",
)
UNKNOWN_PRESET = error(
    "VER002", "unknown-preset", "a preset carries documented defaults; there are none for this name"
)

NOT_EXPRESSED = error(
    "ADM001",
    "rule-without-policy",
    "people would believe that the cluster refuses what nobody can judge there",
)

NO_DEFAULT = error(
    "ADM003", "rule-without-default", "people would believe that pods are mended which nobody can mend"
)

NOT_FILLED = error(
    "ADM004",
    "defaults-not-filled-in",
    "templates pass because their pods are to be mended, nobody mends these, and their controllers are refused them",
)

RULES = (UNSUPPORTED_VERSION, UNKNOWN_PRESET, NOT_EXPRESSED, NO_DEFAULT, NOT_FILLED)

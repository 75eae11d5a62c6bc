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

RULES = (UNSUPPORTED_VERSION, UNKNOWN_PRESET, NOT_EXPRESSED)

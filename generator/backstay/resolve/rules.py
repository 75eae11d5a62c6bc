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
NO_SUCH_KNOB = error(
    "VER003", "no-such-knob", "the installed version has nothing that could do what is asked for"
)
NO_BASE = error(
    "GOP001",
    "patches-without-base",
    "patches change objects of an upstream install; without that install as base there is nothing to patch",
)

RULES = (UNSUPPORTED_VERSION, UNKNOWN_PRESET, NO_SUCH_KNOB, NO_BASE)

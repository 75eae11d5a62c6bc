"""What can be wrong with a spec as such: its shape, its words, its secrets."""

from backstay.core.rule import error

UNKNOWN_KEY = error(
    "SPC001", "unknown-key", "the value would be ignored, and what it was meant to set stays unset"
)
MISSING_KEY = error("SPC002", "missing-key", "without it nothing can be derived")
WRONG_TYPE = error("SPC003", "wrong-type", "the value cannot be read as what it has to be")
WRONG_VALUE = error("SPC004", "wrong-value", "the value has no meaning here, or another one than it seems")
UNKNOWN_CHOICE = error("SPC005", "unknown-choice", "only the listed words have a meaning here")
UNKNOWN_NAME = error("SPC006", "unknown-name", "the name refers to something that the spec does not declare")
SECRET_IN_SPEC = error(
    "SEC001",
    "secret-in-spec",
    "whoever reads the repository reads the secret, and it stays in the history when it is taken out",
)

RULES = (UNKNOWN_KEY, MISSING_KEY, WRONG_TYPE, WRONG_VALUE, UNKNOWN_CHOICE, UNKNOWN_NAME, SECRET_IN_SPEC)

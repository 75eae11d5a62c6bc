"""Faults of our own: an id to report one by, made of where it happened, never of what was in the input."""

import os
import traceback

from backstay.core.rule import error as error_rule

RULE_CRASHED = error_rule(
    "INT001",
    "rule-crashed",
    "what the rule would have found is not known: that nothing is said proves nothing",
)
"""The one finding that is about backstay itself; a run with it and no other errors could not tell."""
RULES = (RULE_CRASHED,)
"""All of the family `INT`."""


def fault_id(error: BaseException) -> str:
    """The same twelve characters whenever the same kind of error comes from the same lines."""
    from hashlib import sha256  # OpenSSL, which no start should wait for

    frames = traceback.extract_tb(error.__traceback__)
    places = "\n".join(f"{os.path.basename(f.filename)}:{f.lineno}:{f.name}" for f in frames)  # noqa: PTH119 - a name
    return sha256(f"{type(error).__name__}\n{places}".encode()).hexdigest()[:12]

"""What can be wrong with an object under the organisation's CUE, and with that CUE itself."""

from backstay.core.diagnostic import Severity
from backstay.core.rule import Rule, error, warning

VIOLATED = error(
    "CUE001", "policy-violated", "the organisation does not want such an object in its clusters; its policy says why",
    "the policy's file",
)  # fmt: skip
NO_POLICY = error(
    "CUE002", "policy-does-not-compile", "nothing is held against the policy, and nobody notices"
)
UNDECIDED = error(
    "CUE003", "policy-undecided", "the object says too little for the policy: it is neither kept nor broken"
)
BOUNDED = error(
    "CUE004", "policy-without-end", "an evaluation that takes all time or memory there is tells nothing, so it is ended"
)  # fmt: skip
TRAP = warning(
    "CUE005", "policy-trap", "the policy means something else than it seems to",
    "the CUE language specification, and cuelang.org/go 0.17.1 as measured",
)  # fmt: skip
BAD_SELECTION = error(
    "CUE006", "bad-policy-selection", "the policy is held against the wrong objects, or none"
)
NOT_JUDGED = error("CUE007", "object-not-judged", "no policy was held against the object")
NO_ENGINE = Rule(
    "CUE008", "policies-not-judged", Severity.INFO, "the folder's CUE was not held against anything here", ""
)
NO_SPEC = error(
    "CUE009", "cue-spec-without-value", "there is nothing to compile until the spec has one plain value"
)

RULES = (VIOLATED, NO_POLICY, UNDECIDED, BOUNDED, TRAP, BAD_SELECTION, NOT_JUDGED, NO_ENGINE, NO_SPEC)

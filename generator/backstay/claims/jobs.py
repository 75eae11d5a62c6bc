"""Claims about batch Jobs and JobSets. What each fault breaks stands in the rule of the same id.

Sources: kubernetes/api batch/v1 types.go, kubernetes-sigs/jobset pkg/webhooks/jobset_webhook.go.
"""

from backstay.claims import views
from backstay.claims.claim import Claim, Each, Expressed, always
from backstay.claims.terms import First, In, Not, Some, Term, absent, both, either, equals, field, present
from backstay.core.diagnostic import Severity

MAX_TIME_LABEL = "kueue.x-k8s.io/max-exec-time-seconds"
_POLICY = field("podFailurePolicy")
_RULES = field("podFailurePolicy", "rules")
_RESTART = ("template", "spec", "restartPolicy")
_NEVER = ("write `restartPolicy: Never` into the pod template",)
_NEEDS_NEVER = "a podFailurePolicy needs pods with restartPolicy Never"

JOB001 = Expressed(
    "JOB001", Severity.ERROR,
    always(
        Claim(
            views.JOBS, both(present(_POLICY), present(field(*_RESTART)), Not(equals(field(*_RESTART), "Never"))),
            (_NEEDS_NEVER,), _NEVER, at=_RESTART,
        ),
        *(
            Claim(view, both(present(_POLICY), absent(field(*_RESTART))), (f"{_NEEDS_NEVER}, and the default is {default}",),
                  _NEVER, at=_RESTART, whole=True)
            for view, default in ((views.OWN_JOBS, "Always"), (views.JOBSET_JOBS, "OnFailure, by JobSet's webhook"))
        ),
    ),
)  # fmt: skip

JOB002 = Expressed(
    "JOB002", Severity.ERROR,
    always(
        Claim(
            views.JOBS, both(present(_POLICY), equals(field("podReplacementPolicy"), "TerminatingOrFailed")),
            ("with a podFailurePolicy, podReplacementPolicy must be Failed",),
            ("take `podReplacementPolicy` out; free lost nodes' pods by Kueue or by node remediation",),
            at=("podReplacementPolicy",),
        )
    ),
)  # fmt: skip


def _on_disruption() -> Term:
    """Whether a rule of a podFailurePolicy matches pods that were evicted, preempted or deleted with their node."""
    status = either(absent(field("status")), equals(field("status"), "True"))
    return Some(field("onPodConditions"), both(equals(field("type"), "DisruptionTarget"), status))


_FIRST = First(_RULES, _on_disruption())
_FIRST_OF_TEMPLATE = First(field("spec", "podFailurePolicy", "rules"), _on_disruption())
_ENDLESS = ("disruptions are ignored without end: the Job has no deadline",)
_DEADLINE = (
    "write `activeDeadlineSeconds`: all tries with their pauses, and a recovery for each disruption",
)

JOB018 = Expressed(
    "JOB018", Severity.ERROR,
    always(
        # Kueue looks at what it manages: a JobSet, not the Jobs inside; a CronJob's Jobs, not the CronJob.
        Claim(
            views.OWN_JOB_TEMPLATES,
            both(equals(field("action", of=_FIRST_OF_TEMPLATE), "Ignore"), absent(field("spec", "activeDeadlineSeconds")),
                 absent(field("metadata", "labels", MAX_TIME_LABEL))),
            _ENDLESS, _DEADLINE, at=("spec", "podFailurePolicy", "rules", _FIRST_OF_TEMPLATE), whole=True,
        ),
        Claim(
            views.only(views.JOBSET_JOBS, "JobSet"),
            both(equals(field("action", of=_FIRST), "Ignore"), absent(field("activeDeadlineSeconds")),
                 absent(field("metadata", "labels", MAX_TIME_LABEL, up=2))),
            _ENDLESS, _DEADLINE, at=("podFailurePolicy", "rules", _FIRST), whole=True,
        ),
    ),
    leaves="training runtimes, which their TrainJobs may give a deadline: another object",
)  # fmt: skip

REASONS = (
    "BackoffLimitExceeded",
    "DeadlineExceeded",
    "FailedIndexes",
    "MaxFailedIndexesExceeded",
    "PodFailurePolicy",
)
"""Why a Job fails, as JobSet knows it."""
_PER_INDEX = field("backoffLimitPerIndex")
_MODE = field("completionMode")
_FAILS_INDEX = equals(field("action"), "FailIndex")
_INDEXED = ("write `completionMode: Indexed`",)
_NO_INDEX = ("backoffLimitPerIndex counts by index, and the Job has none",)
_RESTARTED = "backoffLimitPerIndex counts failed pods, and with restartPolicy "
_IN_PLACE = " pods are restarted in place"
_NEVER_IN = ("write `restartPolicy: Never` in the pod template",)

JOB028 = Expressed(
    "JOB028", Severity.ERROR,
    always(
        Claim(
            views.below(views.JOBSETS, "failurePolicy", "rules", Each.ITEMS, "onJobFailureReasons", Each.TEXTS),
            Not(In(field(), REASONS)), ("no Job fails with the reason `", field(), "`"),
            (f"the reasons are {', '.join(REASONS)}: a Job that its podFailurePolicy fails (exit code, eviction) has the last one",),
        ),
        Claim(
            views.JOBS, both(absent(_PER_INDEX), Some(_RULES, _FAILS_INDEX)),
            ("FailIndex is for Jobs with backoffLimitPerIndex only",),
            ("set `backoffLimitPerIndex`, or write `action: FailJob`",),
            at=("podFailurePolicy", "rules", First(_RULES, _FAILS_INDEX), "action"), whole=True,
        ),
        Claim(
            views.JOBS, both(absent(_PER_INDEX), present(field("maxFailedIndexes"))),
            ("maxFailedIndexes is for Jobs with backoffLimitPerIndex only",), ("set `backoffLimitPerIndex` too",),
            at=("maxFailedIndexes",), whole=True,
        ),
        Claim(views.JOBS, both(present(_PER_INDEX), present(_MODE), Not(equals(_MODE, "Indexed"))), _NO_INDEX, _INDEXED,
              at=("completionMode",)),
        Claim(views.OWN_JOBS, both(present(_PER_INDEX), absent(_MODE)), _NO_INDEX, _INDEXED, at=("completionMode",), whole=True),
        Claim(
            views.JOBS, both(present(_PER_INDEX), present(field(*_RESTART)), Not(equals(field(*_RESTART), "Never"))),
            (_RESTARTED, field(*_RESTART), _IN_PLACE), _NEVER_IN, at=_RESTART,
        ),
        Claim(
            views.JOBSET_JOBS, both(present(_PER_INDEX), absent(field(*_RESTART))),
            (f"{_RESTARTED}OnFailure{_IN_PLACE}",), _NEVER_IN, at=_RESTART, whole=True,
        ),
    ),
)  # fmt: skip

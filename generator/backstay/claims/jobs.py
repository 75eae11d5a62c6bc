"""Claims about batch Jobs and JobSets. What each fault breaks stands in the rule of the same id.

Sources: kubernetes/api batch/v1 types.go, kubernetes-sigs/jobset pkg/webhooks/jobset_webhook.go.
"""

from collections.abc import Iterator

from backstay.claims import views
from backstay.claims.claim import Claim, Each, Expressed, View, always
from backstay.claims.terms import (
    Blank,
    Choose,
    Const,
    Equal,
    First,
    Has,
    In,
    IsWhole,
    Not,
    Some,
    Term,
    absent,
    both,
    either,
    equals,
    field,
    present,
)  # fmt: skip
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


def on_disruption() -> Term:
    """Whether a rule of a podFailurePolicy matches pods that were evicted, preempted or deleted with their node."""
    status = either(absent(field("status")), equals(field("status"), "True"))
    return Some(field("onPodConditions"), both(equals(field("type"), "DisruptionTarget"), status))


OOM, SIGTERM = 137, 143
"""128 + SIGKILL, as the kernel's OOM killer leaves it, and 128 + SIGTERM."""


def _on_exit(code: int) -> Term:
    """Whether a rule of a podFailurePolicy matches an exit code."""
    operator, values = field("onExitCodes", "operator"), field("onExitCodes", "values")
    return either(
        both(equals(operator, "In"), Has(values, code)),
        both(equals(operator, "NotIn"), Not(Has(values, code))),
    )


OF_ZENML = "PodFailurePolicy"
"""What claims call a policy that stands in a run configuration of ZenML's; no API server serves it."""
_ORDERED = (
    ({"Job": (("spec",),)}, ("spec",)),
    ({"CronJob": (("spec", "jobTemplate", "spec"),)}, ("spec", "jobTemplate", "spec")),
    (views.JOBSET_JOBS, ("template", "spec")),
    ({OF_ZENML: ((),)}, ()),
)
"""Where Jobs' specs stand, and how they are reached from the last mapping around them."""


def _out_of_order(over: View, route: tuple[str, ...]) -> Claim:
    key = () if OF_ZENML in over else ("podFailurePolicy",)
    rules = field(*route, *key, "rules", up=2)
    decides = First(rules, on_disruption())
    comes_first = First(rules, either(on_disruption(), Equal(field(), field(up=1))))
    oom, term = _on_exit(OOM), _on_exit(SIGTERM)
    wrong = both(
        either(oom, term), present(decides), Not(Equal(field("action"), field("action", of=decides))),
        Equal(comes_first, field()),
    )  # fmt: skip
    codes = (
        Choose(oom, Const("137"), Const("")), Choose(both(oom, term), Const(" and "), Const("")),
        Choose(term, Const("143"), Const("")),
    )  # fmt: skip
    return Claim(
        views.below(over, *key, "rules", Each.ITEMS), wrong,
        ("drained pods exit with ", *codes, ": this rule takes them before the one on DisruptionTarget"),
        ("put the rule on DisruptionTarget first",),
    )  # fmt: skip


JOB016 = Expressed(
    "JOB016", Severity.ERROR, always(*(_out_of_order(over, route) for over, route in _ORDERED)),
    leaves="steps of ZenML's runs, whose configurations no API server sees",
)  # fmt: skip

_LIMITED = Not(Blank(field("resources", "limits", "memory")))
_WITH_LIMIT = First(field("template", "spec", "containers"), _LIMITED)
_NAME_OF_LIMITED = field("name", of=First(field("template", "spec", "containers", up=1), _LIMITED))
_CONTAINER = field("onExitCodes", "containerName")
_DECIDES_OOM = First(
    _RULES, both(_on_exit(OOM), either(absent(_CONTAINER), Equal(_CONTAINER, _NAME_OF_LIMITED)))
)
_LIMIT = Choose(present(field("backoffLimitPerIndex")), field("backoffLimitPerIndex"), field("backoffLimit"))
_BY_NUMBER = both(IsWhole(_LIMIT), Not(equals(_LIMIT, 0)))
_ENDS = ("FailIndex", "FailJob")
_AGAIN = (
    "add `{action: FailJob, onExitCodes: {operator: In, values: [137]}}` after the rule on DisruptionTarget, or raise the limit",
)


def _futile() -> Iterator[Claim]:
    for tried, whole in ((_BY_NUMBER, False), (absent(_LIMIT), True)):
        limited = both(present(_POLICY), present(_WITH_LIMIT), tried)
        yield Claim(
            views.JOBS, both(limited, absent(_DECIDES_OOM)),
            ("an out-of-memory kill is tried again with the same limit: no rule ends it",), _AGAIN,
            at=("podFailurePolicy", "rules"), whole=whole, firm=True, severity=Severity.WARNING,
        )  # fmt: skip
        yield Claim(
            views.JOBS, both(limited, present(_DECIDES_OOM), Not(In(field("action", of=_DECIDES_OOM), _ENDS))),
            ("this rule has an out-of-memory kill tried again with the same limit",), _AGAIN,
            at=("podFailurePolicy", "rules", _DECIDES_OOM), whole=whole,
        )  # fmt: skip


JOB019 = Expressed(
    "JOB019",
    Severity.ERROR,
    always(*_futile()),
    leaves="what the spec says of workloads, which no object carries",
)

_FIRST = First(_RULES, on_disruption())
_FIRST_OF_TEMPLATE = First(field("spec", "podFailurePolicy", "rules"), on_disruption())
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

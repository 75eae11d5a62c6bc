"""Claims about the Training Operator's jobs. What each fault breaks stands in the rule of the same id.

Source: kubeflow/trainer v1.9.4 pkg/core/pod.go (SetRestartPolicy), pkg/apis/kubeflow.org/v1/*_defaults.go.
"""

from collections.abc import Iterator

from backstay.claims import views
from backstay.claims.claim import Claim, Expressed, View, always
from backstay.claims.jobs import MAX_TIME_LABEL
from backstay.claims.terms import (
    Choose,
    Const,
    Equal,
    Key,
    Matches,
    Not,
    Pieces,
    Some,
    Term,
    absent,
    blank,
    both,
    equals,
    field,
    present,
)  # fmt: skip
from backstay.core.diagnostic import Severity

_PYTORCH = views.only(views.REPLICAS, "PyTorchJob")
_POLICY = field("restartPolicy")
_LIMITED = Some(field("template", "spec", "containers"), Not(blank(field("resources", "limits", "memory"))))

JOB020 = Expressed(
    "JOB020", Severity.WARNING,
    always(
        Claim(
            _PYTORCH, both(equals(_POLICY, "ExitCode"), _LIMITED),
            ("an out-of-memory kill of the ", Key(1), " exits with 137, and ExitCode retries that without a bound"),
            ("write `restartPolicy: OnFailure` with a `backoffLimit`, or move the job to a TrainJob whose podFailurePolicy fails on 137",),
            at=("restartPolicy",),
        )
    ),
)  # fmt: skip

_DEADLINE = ("runPolicy", "activeDeadlineSeconds")
JOB022 = Expressed(
    "JOB022", Severity.ERROR,
    always(
        Claim(
            views.only(views.TRAINING_JOBS, "PyTorchJob"),
            both(present(field(*_DEADLINE)), absent(field("metadata", "labels", MAX_TIME_LABEL, up=1))),
            ("the Training Operator does not enforce the deadline in time, and nothing else bounds the job",),
            (f"let Kueue admit the job and label it `{MAX_TIME_LABEL}`, or move it to a TrainJob",),
            at=_DEADLINE, whole=True,
        )
    ),
)  # fmt: skip

_CLEAN = ("runPolicy", "cleanPodPolicy")
_MPI = views.only(views.TRAINING_JOBS, "MPIJob")
_OTHERS = views.only(views.TRAINING_JOBS, *(kind for kind in views.REPLICA_SPECS if kind != "MPIJob"))


def _kept(view: View, wrong: Term, said: str, *at: str, whole: bool = False) -> Claim:
    message: Pieces = (f"the job has {said}: when it fails, pods that run keep their GPUs",)
    return Claim(view, wrong, message, ("write `runPolicy: {cleanPodPolicy: Running}`",), at=at, whole=whole)


_STATED, _UNSTATED = "`cleanPodPolicy: None`", "no cleanPodPolicy, which means None"
_BESIDE = field("cleanPodPolicy")
JOB023 = Expressed(
    "JOB023", Severity.WARNING,
    always(
        _kept(views.TRAINING_JOBS, equals(field(*_CLEAN), "None"), _STATED, *_CLEAN),
        _kept(_MPI, both(blank(field(*_CLEAN)), equals(_BESIDE, "None")), _STATED),
        _kept(_MPI, both(blank(field(*_CLEAN)), blank(_BESIDE)), _UNSTATED, whole=True),
        _kept(_OTHERS, blank(field(*_CLEAN)), _UNSTATED, whole=True),
    ),
)  # fmt: skip

_DEFAULTS = {"OnFailure": ("PyTorchJob", "PaddleJob"), "Never": ("XGBoostJob", "TFJob", "JAXJob", "MPIJob")}
"""The kinds by what a replica gets that has no restartPolicy."""
_IN_POD = ("template", "spec", "restartPolicy")
_STATED_IN_POD = Matches(field(*_IN_POD), r"\w+")
_ON_POD = Choose(equals(_POLICY, "ExitCode"), Const("Never"), _POLICY)
"""What the operator writes into pods: its own word ExitCode is none of theirs."""
_OVERWRITES = (
    " of the ",
    Key(1),
    " replica overwrites `restartPolicy: ",
    field(*_IN_POD),
    "` of its pod template",
)
_OUTSIDE = ("take it out of the template and write what is meant beside `replicas`",)


def _by_default() -> Iterator[Claim]:
    for default, kinds in _DEFAULTS.items():
        other = both(_STATED_IN_POD, Not(equals(field(*_IN_POD), default)))
        yield Claim(
            views.only(views.REPLICAS, *kinds), both(blank(_POLICY), other),
            (f"the default `{default}`", *_OVERWRITES), _OUTSIDE, at=_IN_POD, whole=True,
        )  # fmt: skip


JOB024 = Expressed(
    "JOB024", Severity.WARNING,
    always(
        Claim(
            views.REPLICAS, both(Not(blank(_POLICY)), _STATED_IN_POD, Not(Equal(_ON_POD, field(*_IN_POD)))),
            ("`", _POLICY, "`", *_OVERWRITES), _OUTSIDE, at=_IN_POD,
        ),
        *_by_default(),
    ),
)  # fmt: skip

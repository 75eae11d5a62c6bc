"""Every rule that is stated as claims, in the order of ids."""

from backstay.claims import baseline, jobs, mesh, pipelines, pods, training
from backstay.claims.claim import Expressed

EXPRESSED: tuple[Expressed, ...] = (
    pipelines.KFP001,
    pipelines.KFP011,
    pipelines.KFP028,
    mesh.MSH021,
    mesh.MSH031,
    jobs.JOB001,
    jobs.JOB002,
    pods.JOB009,
    pods.JOB010,
    pods.JOB011,
    pods.JOB013,
    jobs.JOB016,
    jobs.JOB018,
    jobs.JOB019,
    training.JOB020,
    training.JOB022,
    training.JOB023,
    training.JOB024,
    jobs.JOB028,
)


def known() -> frozenset[str]:
    """The ids of all rules that policies can be made of, those of the baseline among them."""
    return frozenset(one.rule for one in EXPRESSED) | frozenset(baseline.IDS)

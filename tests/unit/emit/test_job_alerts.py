"""Alerts about jobs: which there are, and that their numbers are those of the jobs."""

from backstay.core.fact import OriginKind
from backstay.core.manifest import settle
from backstay.render.yaml import dump
from support.watching import alerts, emitted, rule, watched

NUMBERS = frozenset({"expr", "for", "description"})


def about(name, **observability):
    """The alert of that name for each subject."""
    return {key[1]: one for key, one in alerts(watched(**observability)).items() if key[0] == name}


def test_each_kind_of_job_is_counted_by_what_its_controller_does():
    """Restarts in place, failed pods, and Jobs that are made anew."""
    spent = {
        name: one["expr"].partition("{")[0] for name, one in about("BackstayAttemptsNearlySpent").items()
    }
    assert spent == {
        "train": "sum by (namespace) (kube_pod_container_status_restarts_total",
        "count": "max by (namespace, job_name) (kube_job_status_failed",
        "churn": "max by (namespace, job_name) (kube_job_status_failed",
        "group": "max by (namespace) (changes(kube_job_created",
    }


def test_the_last_try_is_the_one_that_is_told():
    """Three tries are two retries; a PyTorchJob's limit sums the restarts of both its containers."""
    told = {
        name: one["expr"].rpartition(">= ")[2] for name, one in about("BackstayAttemptsNearlySpent").items()
    }
    limit = next(one.backoff_limit.value for one in watched().jobs.workloads if one.name == "train")
    assert told == {"train": str(limit - 1), "count": "2", "group": "2", "churn": "2"}


def test_a_pod_may_linger_as_long_as_the_strategy_takes():
    """Kueue forces the deletion a minute after the grace period; slower scrapes need longer to see that."""
    assert about("BackstayPodTerminating")["team"]["expr"].endswith("> 60")
    assert about("BackstayPodTerminating", scrapeInterval="1m")["team"]["expr"].endswith("> 240")


def test_the_shortest_wait_decides():
    """Nothing is said of a namespace in which nobody says how long a job may wait."""
    assert about("BackstayWorkloadNotAdmitted")["team"]["for"] == "1800s"
    cluster = watched()
    assert {
        watch.namespace.value: watch.waits and watch.waits.value for watch in cluster.observability.jobs
    } == {"team": 30 * 60_000}


def test_every_expression_says_where_it_comes_from():
    """A spec line, a derivation, or the share of a quota that is nearly all of it."""
    (made,) = (m for m in emitted(watched()).values() if m.body.get("kind") == "PrometheusRule")
    settled = settle(made, dump)
    groups = [
        index for index, group in enumerate(rule(watched())["spec"]["groups"]) if "-jobs-" in group["name"]
    ]
    leaves = {r: o for r, o in settled.origins.items() if r[2:3] and r[2] in groups and r[-1] in NUMBERS}
    assert len(leaves) > 15
    assert all(
        any(o.kind in {OriginKind.SPEC, OriginKind.CONSTRAINT} for o in found) for found in leaves.values()
    )

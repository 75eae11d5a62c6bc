"""`explain --timeline`: what happens when, which knob decides, and whether the target is kept."""

import json
import xml.etree.ElementTree as ET

import pytest

SPEC = {
    "platform": {"kubernetes": "1.36", "trainingOperator": "1.9", "jobset": "0.12", "kueue": "0.19", "istio": {"version": "1.30"}},
    "termination": {
        "drain": {"longestRequest": "90s", "checkpoint": "2m"},
        "nodeLoss": {"recoverIn": "10m", "strategy": "kueue-failure-recovery", "restartSafe": ["team-a/train-*"], "podStart": "30s"},
    },
    "network": {
        "services": {"features": {"host": "features.prod.svc.cluster.local", "port": 8443, "protocol": "grpc", "runtime": "go",
                                  "workload": {"name": "features", "container": "app"}}},
        "calls": [{"from": "trainers", "to": "features"}],
    },
    "workloads": {
        "train-a": {"kind": "pytorchjob", "namespace": "team-a", "runsFor": "1h"},
        "other": {"kind": "jobset", "namespace": "team-b", "runsFor": "1h", "checkpointsTo": "nothing"},
        "plain": {"kind": "job", "namespace": "team-b", "runsFor": "1h", "attempts": 2, "retryOn": ["disruption", "failure", "oom"]},
    },
}  # fmt: skip


@pytest.fixture
def fleet(repository):
    """Writes the one cluster of a repository."""

    def write(spec):
        head = {"apiVersion": "backstay.dev/v1alpha1", "kind": "Cluster", "metadata": {"name": "one"}}
        repository.text("specs/clusters/one.yaml", json.dumps({**head, **spec}, indent=1))

    return write


@pytest.fixture
def timelines(fleet, repository):
    """Runs the command on SPEC with some sections changed, and gives the timelines of its JSON."""

    def run(*words, **changes):
        fleet({**SPEC, **changes})
        done = repository.backstay("explain", "--timeline", "--format", "json", *words)
        assert done.code == 0, done.err
        return json.loads(done.out)["timelines"]

    return run


def moments(timeline):
    """When, and who."""
    return [(moment["at_ms"], moment["who"]) for moment in timeline["moments"]]


def test_a_lost_node_adds_up(timelines):
    """Monitor grace 50s, the toleration, the grace period (2m and its margin), Kueue's minute, 30s to start."""
    [told] = timelines("train-a", "--event", "node-loss")
    knobs = {
        moment["knob"]["name"]: moment["knob"]["value_ms"] for moment in told["moments"] if moment["knob"]
    }
    assert knobs["--node-monitor-grace-period"] == 50_000
    assert knobs["FailureRecoveryPolicy"] == 60_000
    assert knobs["podStart"] == 30_000
    assert knobs["terminationGracePeriodSeconds"] >= 120_000
    assert told["total_ms"] == sum(knobs.values())
    assert told["total_ms"] <= told["target_ms"] == 600_000
    assert told["kept"] is True
    times = [at for at, _ in moments(told)]
    assert times == sorted(times)


def test_a_workload_that_must_not_run_twice_never_comes_back(timelines):
    """Kueue forces only what is declared safe; the last moments have no time."""
    [told] = timelines("other", "--event", "node-loss")
    assert moments(told)[-2:] == [(None, "Kueue"), (None, "JobSet")]
    assert told["total_ms"] is None
    assert told["kept"] is False


@pytest.mark.parametrize(
    ("strategy", "who"), [("self-node-remediation", "SelfNodeRemediation"), ("cloud-repair", "cloud")]
)
def test_fencing_frees_every_pod(timelines, strategy, who):
    """The node is repaired, then the pod collector removes its pods; restart safety does not matter."""
    loss = {"recoverIn": "15m", "strategy": strategy}
    told = timelines("--event", "node-loss", termination={"nodeLoss": loss})
    assert len(told) == 3
    for one in told:
        assert who in {name for _, name in moments(one)}
        assert moments(one)[-2][1] == "pod collector"
        assert one["kept"] is True


def test_nobody_frees_the_pods(timelines):
    """The strategy `none` is told as what it is."""
    [told] = timelines(
        "train-a", "--event", "node-loss", termination={"nodeLoss": {"recoverIn": "15m", "strategy": "none"}}
    )
    assert (None, "nobody") in moments(told)
    assert told["total_ms"] is None


def test_an_eviction_leaves_time_for_the_checkpoint(timelines):
    """SIGTERM, the checkpoint, SIGKILL, and the next pod; a Job's own back-off comes in between."""
    [told] = timelines("train-a", "--event", "eviction")
    assert [who for _, who in moments(told)] == ["kubelet", "the job", "kubelet", "Training Operator"]
    assert told["moments"][1]["at_ms"] == 120_000 < told["moments"][2]["at_ms"]
    [plain] = timelines("plain", "--event", "eviction")
    waited = next(
        moment for moment in plain["moments"] if moment["knob"] and moment["knob"]["name"] == "back-off"
    )
    assert waited["knob"]["value_ms"] == 10_000


def test_an_oom_kill_is_final_unless_it_is_to_be_tried_again(timelines):
    """`retryOn: [oom]` says so; else the policy fails the Job at once."""
    told = {one["subject"]: one for one in timelines("--event", "oom")}
    assert told["other"]["total_ms"] is None
    assert "137" in told["other"]["moments"][-1]["what"]
    assert told["plain"]["total_ms"] == 40_000


@pytest.mark.parametrize(
    ("kind", "who", "at"),
    [("pytorchjob", "Training Operator", 0), ("job", "kube-controller-manager", 60_000)],
)
def test_what_is_not_to_survive_a_lost_node_fails(timelines, kind, who, at):
    """A PyTorchJob with its eviction, a Job once Kueue has ended its pod; nothing is promised that could be kept."""
    train = {"kind": kind, "namespace": "team-a", "runsFor": "1h", "retryOn": []}
    [told] = timelines("train-a", "--event", "node-loss", workloads={"train-a": train})
    evicted = next(one["at_ms"] for one in told["moments"] if one["what"].startswith("evicts the pods"))
    last = told["moments"][-1]
    assert last["who"] == who
    assert last["at_ms"] >= evicted + at
    assert (told["outcome"], told["total_ms"], told["kept"]) == ("it has failed", None, None)
    [gone] = timelines("train-a", "--event", "eviction", workloads={"train-a": train})
    assert gone["outcome"] == "it has failed"


def test_a_job_that_nobody_frees_does_not_even_fail(timelines):
    """Its policy is looked at once the pod has ended, and that never happens."""
    loss = {"nodeLoss": {"recoverIn": "15m", "strategy": "none"}}
    train = {"kind": "job", "namespace": "team-a", "retryOn": []}
    [told] = timelines("train-a", "--event", "node-loss", workloads={"train-a": train}, termination=loss)
    assert told["outcome"] == "it never ends by itself"
    assert told["moments"][-1]["at_ms"] is None


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [("Never", "it has failed"), ("ExitCode", "it runs again, with the limit that it had")],
)
def test_a_pinned_restart_policy_answers_an_oom_kill(timelines, policy, outcome):
    """Never fails the job, ExitCode makes the pod anew without a bound."""
    train = {"kind": "pytorchjob", "namespace": "team-a", "overrides": {"restartPolicy": policy}}
    [told] = timelines("train-a", "--event", "oom", workloads={"train-a": train})
    assert told["outcome"] == outcome
    assert policy in told["moments"][-1]["what"]


def test_a_drain_ends_within_the_grace_period(timelines):
    """By the workload's name, by the service's, and never later than SIGKILL."""
    [told] = timelines("features", "--event", "drain")
    assert told["title"] == "a pod of prod/features has to go"
    assert told["moments"][-1]["what"] == "kills whatever is left"
    assert 90_000 <= told["total_ms"] <= told["target_ms"]
    assert timelines("network.services.features", "--event", "drain") == [told]
    assert "native sidecar" in {who for _, who in moments(told)}


def test_all_events_of_everything(timelines):
    """Without words: three workloads with three events each, and the drain."""
    assert [one["event"] for one in timelines()] == ["node-loss", "eviction", "oom"] * 3 + ["drain"]


def test_the_text_names_knobs_spec_lines_and_what_is_to_spare(fleet, repository):
    """What a person reads."""
    fleet(SPEC)
    done = repository.backstay("explain", "--timeline", "team-a/train-a", "--event", "node-loss")
    assert done.code == 0
    assert "the node of team-a/train-a is lost" in done.out
    assert "tolerationSeconds: " in done.out
    assert "specs/clusters/one.yaml:" in done.out
    assert "to spare" in done.out
    late = {**SPEC, "termination": {"nodeLoss": {**SPEC["termination"]["nodeLoss"], "recoverIn": "3m"}}}
    fleet(late)
    assert "too late" in repository.backstay("explain", "--timeline", "train-a", "--event", "node-loss").out


def test_pictures(fleet, repository):
    """One well-formed file for each timeline, with the target's line and every moment."""
    fleet(SPEC)
    done = repository.backstay("explain", "--timeline", "--event", "node-loss", "--picture", "out")
    assert done.code == 0
    files = sorted((repository.root / "out").iterdir())
    assert [file.name for file in files] == [
        f"one-{name}-node-loss.svg" for name in ("other", "plain", "train-a")
    ]
    texts = ["".join(node.itertext()) for node in ET.parse(files[2]).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 - our own
    assert any(text.startswith("limit 10m") for text in texts)
    assert any(text.startswith("Kueue: marks the pods Failed") for text in texts)
    never = ["".join(node.itertext()) for node in ET.parse(files[0]).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 - as above
    assert "never" in never


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--timeline", "nobody"), "no workload or service `nobody`"),
        ((), "TARGET is missing"),
        (("workloads", "--event", "drain"), "--event and --picture need --timeline"),
        (("--timeline", "--event", "flood"), "Invalid value for '--event'"),
        (("--timeline", "--picture", "specs/clusters/one.yaml"), "--picture"),
    ],
)
def test_bad_calls(fleet, repository, words, said):
    """What is wrong, and what there is; exit 2."""
    fleet(SPEC)
    done = repository.backstay("explain", *words)
    assert done.code == 2
    assert said in done.err

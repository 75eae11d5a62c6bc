"""Policies: severities, parameters, waivers and comments, and what is wrong with them."""

import json
import re

import pytest

from support.repository import REPO

SLOW = {
    "retries__pipelineSteps": {"attempts": 4, "on": ["error"], "backoff": {"initial": "30s", "factor": 2}}
}
NOTE = {"network__calls__0__detectDeadPeerIn": "2m"}
"""A finding: MSH004, a note at network.calls[0].detectDeadPeerIn."""
HEAD = "apiVersion: backstay.dev/v1alpha1\n"


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    """2026-06-01, whenever the tests run."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1780272000")


@pytest.fixture
def check(repository):
    """Run `check` with a profile and waivers; the findings by rule."""

    def run(*words, profile="", waivers="", code=0):
        if profile:
            repository.text("policies/profile.yaml", f"{HEAD}kind: PolicyProfile\n{profile}")
        if waivers:
            repository.text("policies/waivers.yaml", f"{HEAD}kind: Waivers\nwaivers:\n{waivers}")
        ran = repository.backstay("check", "--format", "json", *words)
        assert code is None or ran.code == code, ran.out + ran.err
        return {one["rule"]: one for one in ran.findings}

    return run


def waiver(
    rule="MSH004", reason="the server goes next month", owner="ml-platform", expires="2026-12-31", **more
):
    """One waiver, as YAML."""
    return f"  - {json.dumps({'rule': rule, 'reason': reason, 'owner': owner, 'expires': expires, **more})}\n"


def test_severities_by_id_by_name_and_off(repository, check):
    """A note becomes an error that stops; off takes it away."""
    repository.spec(**NOTE)
    assert check()["MSH004"]["severity"] == "info"
    assert check(profile="rules: {MSH004: {severity: error}}", code=1)["MSH004"]["severity"] == "error"
    assert (
        check(profile="rules: {dead-peer-unnoticed: {severity: warning}}")["MSH004"]["severity"] == "warning"
    )
    assert "MSH004" not in check(profile="rules: {MSH004: {severity: off}}")


def test_an_error_by_policy_stops_the_compile_and_a_lowered_one_does_not(repository):
    """The policy decides before anything is written, in one process and in several."""
    repository.spec(**NOTE)
    repository.text(
        "policies/profile.yaml", f"{HEAD}kind: PolicyProfile\nrules: {{MSH004: {{severity: error}}}}"
    )
    for jobs in ("1", "2"):
        ran = repository.backstay("compile", "--jobs", jobs)
        assert ran.code == 1
        assert "nothing was written" in ran.err
    repository.text(
        "policies/profile.yaml", f"{HEAD}kind: PolicyProfile\nrules: {{MSH004: {{severity: warning}}}}"
    )
    assert repository.backstay("compile").code == 0


def test_sets(repository, check):
    """`strict` raises everything by one; what a rule's own setting says wins."""
    repository.spec(**NOTE)
    assert check(profile="sets: [strict]")["MSH004"]["severity"] == "warning"
    assert check(profile="sets: [strict]\nrules: {MSH004: {severity: info}}")["MSH004"]["severity"] == "info"
    assert check(profile="sets: [upgrade]")["MSH004"]["severity"] == "info"


def test_parameters_change_what_a_rule_measures_with(repository, check):
    """MSH014 warns below ten seconds; an organisation may want fifteen."""
    repository.spec(network__overrides={"metadata": {"clientArguments": {"grpc.keepalive_time_ms": 60000}}},
                    network__services__metadata={"preset": "kfp-metadata-grpc", "sidecar": False},
                    network__overrides__metadata__serverArguments={"grpc.keepalive_time_ms": 60000, "grpc.keepalive_timeout_ms": 12000})  # fmt: skip
    assert "MSH014" not in check()
    assert "MSH014" in check(profile="rules: {MSH014: {parameters: {leastTimeout: 15s}}}")
    assert "MSH014" not in check(profile="rules: {MSH014: {parameters: {leastTimeout: 12s}}}")


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"cluster": "one"},
        {"cluster": "o*"},
        {"place": "network.calls[0]"},
        {"place": "network.calls[0].detectDeadPeerIn"},
    ],
)
def test_a_waiver_excuses_with_its_reason(repository, check, more):
    """Also what the profile made an error of; the reason, the owner and the date stand in the finding."""
    repository.spec(**NOTE)
    found = check(profile="rules: {MSH004: {severity: error}}", waivers=waiver(**more))
    assert found["MSH004"]["waived"] == "the server goes next month (ml-platform, until 2026-12-31)"
    assert repository.backstay("compile").code == 0
    assert "1 waived" in repository.backstay("check", "--quiet").out


@pytest.mark.parametrize(
    "more",
    [
        {"cluster": "two"},
        {"place": "network.calls[1]"},
        {"place": "network.calls[0].det"},
        {"object": "Job/*"},
    ],
)
def test_a_waiver_for_something_else_is_unused(repository, check, more):
    """And that is a finding at its line."""
    repository.spec(**NOTE)
    found = check(waivers=waiver(**more))
    assert found["MSH004"]["waived"] is None
    assert (found["POL004"]["place"]["file"], found["POL004"]["place"]["line"]) == (
        "policies/waivers.yaml",
        4,
    )


def test_a_waiver_by_object(repository, check):
    """By kind and name, with the namespace or without."""
    repository.spec(storage__overrides={"launcher": {"MINIO_ENDPOINT": "minio:9000"}})
    rule = next(rule for rule, one in check(code=1).items() if one["object"])
    ref = check(code=1)[rule]["object"]
    for name in (
        f"{ref['kind']}/{ref['name']}",
        f"{ref['kind']}/{ref['namespace']}/{ref['name']}",
        f"{ref['kind']}/*",
    ):
        assert check(waivers=waiver(rule, object=name), code=None)[rule]["waived"]
    assert check(waivers=waiver(rule, object="Job/*"), code=1)[rule]["waived"] is None


def test_a_waiver_counts_on_its_last_day_and_not_after(repository, check, monkeypatch):
    """Then it is a finding itself, and what it excused is back."""
    repository.spec(**NOTE)
    assert check(waivers=waiver(expires="2026-06-01"))["MSH004"]["waived"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1780272000 + 86_400))
    found = check()
    assert found["MSH004"]["waived"] is None
    assert "ended on 2026-06-01" in found["POL003"]["message"]
    assert "ml-platform" in found["POL003"]["help"]


def test_unused_waivers_are_told_only_where_everything_was_judged(repository, check):
    """A single file says nothing about the others."""
    spec = repository.spec()
    assert "POL004" in check(waivers=waiver("MSH014"))
    assert "POL004" not in check(str(spec))


@pytest.mark.parametrize("above", [True, False])
def test_a_comment_excuses_its_line(repository, check, above):
    """At the end of the line that is found, or by itself above it."""
    spec = repository.spec(**NOTE)
    lines = spec.read_text().splitlines()
    at = next(index for index, line in enumerate(lines) if "detectDeadPeerIn" in line)
    comment = "# backstay: allow MSH004 callers have short deadlines anyway"
    lines[at : at + 1] = [comment, lines[at]] if above else [f"{lines[at]} {comment}"]
    spec.write_text("\n".join(lines))
    assert check()["MSH004"]["waived"] == "callers have short deadlines anyway"


@pytest.mark.parametrize(
    ("comment", "rule", "message"),
    [
        ("# backstay: allow MSH999 whatever it may be", "POL001", "there is no rule `MSH999`"),
        ("# backstay: allow MSH004", "POL006", "MSH004 is allowed without a reason"),
        ("# backstay: allow MSH014 nothing of that kind here", "POL004", "nothing is found here"),
    ],
)
def test_comments_that_excuse_nothing(repository, check, comment, rule, message):
    """Each at its own line."""
    spec = repository.spec(**NOTE)
    spec.write_text(f"{comment}\n{spec.read_text()}")
    found = check(code=0 if rule == "POL004" else 1)
    assert message in found[rule]["message"]
    assert found[rule]["place"]["line"] == 1


@pytest.mark.parametrize(
    ("profile", "rule", "message"),
    [
        ("rules: {MSH04: {severity: off}}", "POL001", "there is no rule `MSH04`"),
        ("rules: {LOD001: {severity: off}}", "POL002", "LOD001 can be neither tuned nor waived"),
        ("rules: {SPC001: {severity: off}}", "POL002", "SPC001"),
        ("rules: {MSH014: {parameters: {least: 3s}}}", "POL005", "MSH014 has no parameter `least`"),
        ("rules: {MSH014: {parameters: {leastTimeout: 3}}}", "POL005", "`3` is no duration"),
        ("rules: {MSH019: {parameters: {budget: 0}}}", "POL005", "`0` is no whole number above zero"),
        ("rules: {MSH014: {severity: bad}}", "SPC005", "`bad` is not a possible `severity`"),
        ("rule: {}", "SPC001", "unknown key `rule`"),
        ("sets: [lenient]", "SPC005", "lenient"),
    ],
)
def test_a_wrong_profile_is_told_at_its_line_and_stops(repository, check, profile, rule, message):
    """All of it, before anything is compiled."""
    repository.spec()
    found = check(profile=profile, code=1)
    assert message in found[rule]["message"]
    assert (found[rule]["place"]["file"], found[rule]["place"]["line"]) == ("policies/profile.yaml", 3)
    assert repository.backstay("compile").code == 1


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (waiver(expires="soon"), "SPC004"),
        (waiver(reason="because"), "SPC004"),
        (waiver(owner=""), "SPC004"),
        (waiver("OUT001"), "POL002"),
        (waiver("nothing-such"), "POL001"),
        ("  - {rule: MSH004}\n", "SPC002"),
    ],
)
def test_wrong_waivers(repository, check, text, rule):
    """A waiver says who, why and until when."""
    repository.spec()
    assert check(waivers=text, code=1)[rule]["place"]["file"] == "policies/waivers.yaml"


def test_another_folder(repository, check):
    """`--policies`; one that is not there is a bad call."""
    repository.spec(**NOTE)
    repository.text("rules/profile.yaml", f"{HEAD}kind: PolicyProfile\nrules: {{MSH004: {{severity: off}}}}")
    assert "MSH004" not in check("--policies", "rules")
    assert repository.backstay("check", "--policies", "absent").code == 2


def test_a_policy_that_is_no_yaml(repository, check):
    """Said as of any file, without a traceback."""
    repository.spec()
    repository.text("policies/waivers.yaml", "{")
    assert any(rule.startswith("LOD") for rule in check(code=1))


ADMISSION = {"admission": {"baseline": {"runAsNonRoot": False, "tolerations": [{"key": "dedicated"}]}}}
TRAIN = {"train": {"kind": "job", "namespace": "team-a", "memory": "1Gi", "runsFor": "1h"}}


def _policies(repository):
    """The names of the admission policies that a compile writes, and their texts."""
    assert repository.backstay("compile").code == 0
    folder = next(repository.root.glob("overlays/*/component/admission"))
    return {file.name: file.read_text() for file in folder.iterdir() if "binding" not in file.name.lower()}


def test_a_waived_object_is_not_denied_by_the_cluster(repository, check):
    """The baseline can be waived as any other rule, and the excuse reaches the policy; secrets cannot."""
    repository.spec(workloads=TRAIN, **ADMISSION)
    assert check(code=1)["SEC004"]["object"]["kind"] == "Job"
    told = check(waivers=waiver("SEC004", object="Job/team-a/train"))
    assert "SEC004" not in told or told["SEC004"]["waived"]
    assert "ADM002" not in told
    written = _policies(repository)
    assert any("Job/team" in text for text in written.values())
    assert check(waivers=waiver("SEC001"), code=1)["POL002"]


def test_an_excuse_that_the_cluster_does_not_hear_of_is_told(repository, check):
    """A place of the spec is in no object: the policy denies what the waiver excuses."""
    repository.spec(workloads=TRAIN, **ADMISSION)
    told = check(waivers=waiver("SEC004", place="workloads.train"))
    assert told["ADM002"]["severity"] == "warning"
    assert "`object: Job/team-a/train`" in told["ADM002"]["help"]


def test_a_rule_that_is_off_has_no_policy(repository, check):
    """Neither finding nor denial."""
    repository.spec(**ADMISSION)
    before = _policies(repository)
    check(profile="rules: {JOB001: {severity: off}}")
    after = _policies(repository)
    assert set(before) - set(after) == {name for name in before if "job001" in name}
    assert len(set(before) - set(after)) == 1


@pytest.mark.parametrize("name", ["profile.yaml", "waivers.yaml", "rules.cue"])
def test_a_link_out_of_the_folder_is_not_followed(repository, name):
    """It could bring in any file of the machine that judges somebody's pull request."""
    repository.spec(**NOTE)
    outside = repository.text("elsewhere", "a: }\nsecret words")
    repository.text("policies/.keep", "")
    (repository.root / "policies" / name).symlink_to(outside)
    ran = repository.backstay("check", "--format", "json")
    assert [one["place"]["file"] for one in ran.findings if one["rule"] == "LOD023"] == [f"policies/{name}"]
    assert ran.code == 1
    assert "secret words" not in ran.out + ran.err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"object": "Deployment"}, "`Deployment` is no object"),
        ({"object": "apps/v1/Deployment/x"}, "`apps/v1/Deployment/x` is no object"),
        ({"object": "Job/train-[0-9]"}, "is no pattern"),
        ({"cluster": "prod-?"}, "is no pattern"),
        ({"place": "network.calls[*]"}, "`*` stands for nothing in a place"),
        ({"cluster": 3}, "`cluster` has to be"),
        ({"object": ["Job/a"]}, "`object` has to be"),
        ({"until": "2027-01-01"}, "unknown key `until`"),
    ],
)
def test_wrong_patterns_of_waivers(repository, check, more, message):
    """A pattern that can match nothing, or that means something else than its author thinks, is told at its place."""
    repository.spec(**NOTE)
    found = check(waivers=waiver(**more), code=1)
    (told,) = [one for rule, one in found.items() if rule.startswith("SPC")]
    assert message in told["message"]
    assert (told["place"]["file"], told["place"]["line"]) == ("policies/waivers.yaml", 4)


def test_no_rule_is_called_by_a_star(repository, check):
    """A waiver of everything is none."""
    repository.spec(**NOTE)
    assert "there is no rule `*`" in check(waivers=waiver("*"), code=1)["POL001"]["message"]


def test_a_waiver_that_says_what_another_says(repository, check):
    """It is told beside the first, also where only one file is judged."""
    spec = repository.spec(**NOTE)
    twice = waiver(cluster="one") + waiver(cluster="one", reason="for another good reason")
    found = check(str(spec), waivers=twice)
    assert found["MSH004"]["waived"].startswith("the server goes next month")
    assert "excuses what another one does" in found["POL004"]["message"]
    assert found["POL004"]["place"]["line"] == 5
    assert found["POL004"]["related"][0]["place"]["line"] == 4
    assert "POL004" not in check(str(spec), waivers=waiver(cluster="one") + waiver(cluster="two"))


def test_a_rule_that_is_set_twice(repository, check):
    """By its id and by its name: neither wins."""
    repository.spec(**NOTE)
    profile = "rules:\n  MSH004: {severity: error}\n  dead-peer-unnoticed: {severity: info}\n"
    found = check(profile=profile, code=1)["POL007"]
    assert (found["place"]["line"], found["related"][0]["place"]["line"]) == (5, 4)


def test_output_does_not_hang_on_the_day(repository, check, monkeypatch):
    """A waiver that reaches admission policies reaches them as long as it stands in the file."""
    repository.spec(workloads=TRAIN, **ADMISSION)
    check(waivers=waiver("SEC004", object="Job/team-a/train"))
    before = _policies(repository)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1780272000 + 400 * 86_400))
    check(profile="rules: {SEC004: {severity: warning}}")
    assert check()["POL003"]["severity"] == "warning"
    (repository.root / "policies/profile.yaml").unlink()
    assert repository.backstay("compile", "--check").code == 1  # what it excused is back, and is an error
    check(profile="rules: {SEC004: {severity: warning}}")
    repository.backstay("compile")
    after = _policies(repository)
    assert {name for name in before if "Job/team" in before[name]} <= {
        name for name in after if "Job/team" in after[name]
    }


def test_the_examples_of_the_page(repository, check):
    """docs/policies.md, taken at its word: each block is what its file may hold."""
    page = (REPO / "docs/policies.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:yaml|cue)?\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    profile, waivers, cue = (
        next(block for block in blocks if word in block)
        for word in ("PolicyProfile", "Waivers", "package policies")
    )
    repository.text("policies/profile.yaml", profile.replace("cueEngine: required", "cueEngine: ifBuilt"))
    repository.text("policies/waivers.yaml", waivers)
    repository.text("policies/own.cue", cue)
    repository.spec(workloads=TRAIN)
    found = check(code=None)
    assert {rule for rule in found if rule[:3] in {"POL", "SPC", "LOD"}} == {"POL004"}
    assert found.keys() & {"CUE002", "CUE005"} == set()

"""`backstay admission` prints what a cluster would be asked to take."""

import yaml

from backstay.check.registry import CHECKS
from backstay.cli.main import run
from support.repository import REPO


def printed(capsys, *arguments):
    """The kinds of the objects that a call prints."""
    code = run(["admission", str(REPO / "specs"), *arguments])
    objects = list(yaml.safe_load_all(capsys.readouterr().out))
    return code, [one["kind"] for one in objects if one]


def test_policies_of_a_cluster_that_states_them(capsys):
    """As they stand in its overlay."""
    code, kinds = printed(capsys, "--cluster", "staging")
    assert code == 0
    assert set(kinds) == {"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}


def test_constraints_of_a_cluster_that_states_nothing(capsys):
    """What an empty section means, for Gatekeeper."""
    code, kinds = printed(capsys, "--cluster", "legacy", "--gatekeeper")
    assert code == 0
    assert kinds.count("ConstraintTemplate") * 2 == len(kinds)
    assert "BackstayKfp001" in kinds


def test_a_spec_that_is_none_is_named(capsys, tmp_path):
    """Exit 2, and where to read more."""
    (tmp_path / "broken.yaml").write_text(
        "apiVersion: backstay.dev/v1alpha1\nkind: Cluster\nmetadata: {name: broken}\n"
    )
    assert run(["admission", str(tmp_path)]) == 2
    assert "broken.yaml: see `backstay check" in capsys.readouterr().err


def test_mutating_policies_on_request(repository):
    """`--mutating`: what the defaults of the baseline would be; a cluster that is too old says so."""
    repository.spec(admission={"baseline": {"tolerations": [{"key": "dedicated"}]}})
    plain = repository.backstay("admission")
    assert "MutatingAdmissionPolicy" not in plain.out
    asked = [one for one in yaml.safe_load_all(repository.backstay("admission", "--mutating").out) if one]
    names = {one["metadata"]["name"] for one in asked if one["kind"] == "MutatingAdmissionPolicy"}
    assert names == {"backstay-sec003", "backstay-sec004", "backstay-sec005"}
    repository.spec(platform__kubernetes="1.33", admission={"baseline": {}})
    old = repository.backstay("admission", "--mutating")
    assert old.code == 0
    assert "Kubernetes 1.33 has no MutatingAdmissionPolicy" in old.err
    assert "kind: MutatingAdmissionPolicy" not in old.out


def test_every_rule_says_what_its_policy_tells(capsys):
    """`--rules`: all, a part or nothing, and why."""
    assert run(["admission", "--rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "JOB001 failure-policy-without-never: all" in lines
    (part,) = (line for line in lines if line.startswith("JOB018 "))
    assert "a part; not: training runtimes" in part
    assert all(" nothing; not: " in line or ": all" in line or "a part; not: " in line for line in lines)
    assert {check.rule.id for check in CHECKS} == {line.split()[0] for line in lines}

"""`backstay admission` prints what a cluster would be asked to take."""

import yaml

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

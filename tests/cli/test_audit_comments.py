"""Comments in audited manifests: they excuse findings, and one that excuses nothing is told."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from backstay.audit.judge import Given, audit_paths
from cli.test_audit import LAUNCHER as WRONG

if TYPE_CHECKING:
    from cli.conftest import Ran, Repository

REASON = "gone with the next release"
LAUNCHER = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: kfp-launcher, namespace: team-a}
data:
  defaultPipelineRoot: minio://artifacts/x  # COMMENT
"""
PLATFORM = ("--platform", "kubernetes=1.36,pipelines=2.15,workflows=3.7")


def commented(rule: str, reason: str = REASON) -> str:
    """The manifest with a comment."""
    return LAUNCHER.replace("COMMENT", f"backstay: allow {rule} {reason}")


def told(ran: Ran) -> list[tuple[str, str, int]]:
    """The findings about comments, with their places."""
    own = (one for one in ran.findings if one["rule"].startswith("POL"))
    return [(one["rule"], one["place"]["file"], one["place"]["line"]) for one in own]


def audit(repository: Repository, *arguments: str) -> Ran:
    """An audit as JSON."""
    return repository.backstay("audit", *arguments, "--format", "json")


def test_a_comment_that_excuses_nothing_is_told_where_it_stands(repository: Repository) -> None:
    """As in specs."""
    repository.text("apps/a.yaml", "# a chart's\n---\n" + commented("KFP001"))
    ran = audit(repository, "apps", *PLATFORM)
    assert told(ran) == [("POL004", "apps/a.yaml", 7)]
    assert ran.code == 0
    assert audit(repository, "apps", *PLATFORM, "--strict").code == 1


def test_one_that_excuses_something_is_not(repository: Repository) -> None:
    """It is used."""
    text = WRONG.replace("minio.storage:9000", f"a  # backstay: allow KFP001 {REASON}")
    repository.text("apps/a.yaml", text)
    ran = audit(repository, "apps", *PLATFORM)
    assert [one["waived"] for one in ran.findings] == [REASON]


@pytest.mark.parametrize(
    ("rule", "reason", "found"), [("KFP999", REASON, "POL001"), ("KFP001", "", "POL006")]
)
def test_a_comment_that_cannot_be_is_told(rule: str, reason: str, found: str, repository: Repository) -> None:
    """In a file without any finding, too."""
    repository.text("apps/a.yaml", commented(rule, reason))
    assert told(audit(repository, "apps", *PLATFORM)) == [(found, "apps/a.yaml", 5)]


def test_some_files_of_a_tree_leave_a_comment_alone(repository: Repository) -> None:
    """What it excuses may only show beside the others."""
    repository.text("apps/a.yaml", commented("KFP001"))
    assert told(audit(repository, "apps/a.yaml", *PLATFORM)) == []


@pytest.mark.parametrize(
    ("rule", "platform"),
    [("MSH002", PLATFORM), ("KFP001", ("--platform", "kubernetes=1.36")), ("CUE001", PLATFORM)],
)
def test_rules_that_were_not_judged_leave_a_comment_alone(
    rule: str, platform: tuple[str, ...], repository: Repository
) -> None:
    """They need a context, a version, policies."""
    repository.text("apps/a.yaml", commented(rule))
    assert told(audit(repository, "apps", *platform)) == []


def test_comments_of_a_stream_count(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Helm keeps those of its templates."""
    text = commented("KFP001").encode()
    monkeypatch.setattr(sys, "stdin", type("In", (), {"buffer": io.BytesIO(text)})())
    assert told(audit(repository, "-", *PLATFORM)) == [("POL004", "-", 5)]


def test_texts_without_comments_are_not_looked_at(repository: Repository) -> None:
    """Most trees have none."""
    repository.text("apps/a.yaml", LAUNCHER)
    repository.text("apps/b.yaml", commented("KFP001"))
    done = audit_paths([repository.root / "apps"], Given({}))
    assert [text.shown.rpartition("/")[2] for text in done.commented] == ["b.yaml"]

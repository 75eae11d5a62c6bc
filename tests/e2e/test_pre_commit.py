"""The hooks in a repository of somebody else, installed and run by the real pre-commit."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from backstay.text.yaml import parse
from e2e.support.distribution import SECONDS, git, installing, new_repository, published
from e2e.support.errors import Failed
from e2e.support.missing import skip_or_fail
from e2e.support.process import run
from support.repository import REPO

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

CLUSTER = """\
apiVersion: backstay.dev/v1alpha1
kind: Cluster
metadata: {{name: {name}}}
extends: [{extends}]
platform: {{kubernetes: "1.36", istio: "1.30", pipelines: "2.15"}}
network:
  services:
    metadata: {{preset: kfp-metadata-grpc}}
  calls:
    - {{from: pipeline-steps, to: metadata, via: [{box}], silentFor: 1h}}
"""
PROFILE = """\
apiVersion: backstay.dev/v1alpha1
kind: Profile
metadata: {{name: cloud}}
network:
  boxes:
    edge: {{preset: {preset}}}
"""
FILTER = "overlays/east/component/mesh/envoyfilter-keepalive-inbound-metadata-kubeflow.yaml"


@dataclass(frozen=True)
class User:
    """Somebody's repository with the hooks of the README in it."""

    root: Path
    home: Path

    def write(self, name: str, text: str) -> None:
        """Write a file and stage it."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        git(self.root, "add", name)

    def commit(self) -> str:
        """`git commit`; raises `Failed` with what the hooks said when they stop it."""
        return git(
            self.root,
            "commit",
            "--message=A change",
            PRE_COMMIT_HOME=str(self.home),
            PRE_COMMIT_COLOR="never",
        )

    def pre_commit(self, *words: str) -> str:
        """Run pre-commit itself."""
        command = [sys.executable, "-m", "pre_commit", *words]
        return run(command, folder=self.root, seconds=SECONDS, env={"PRE_COMMIT_HOME": str(self.home)})


@pytest.fixture(autouse=True)
def _no_outer_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests may run in a hook themselves; git would then go on with that repository."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The README's configuration for this working tree, and pre-commit's folder with the hooks installed once."""
    shop, home = tmp_path_factory.mktemp("published"), tmp_path_factory.mktemp("pre-commit")
    readme = (REPO / "README.md").read_text(encoding="utf-8")
    (block,) = [
        b
        for b in re.findall(r"^```yaml\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
        if b.startswith("repos:")
    ]
    config = re.sub(
        r"(?m)repo: .*$", f"repo: {shop}", re.sub(r"(?m)rev: .*$", f"rev: {published(shop)}", block)
    )
    folder = tmp_path_factory.mktemp("first")
    new_repository(folder)
    first = User(folder, home)
    first.write(".pre-commit-config.yaml", config)
    with skip_or_fail(), installing():
        first.pre_commit("install-hooks")
    return config, home


@pytest.fixture
def user(installed: tuple[str, Path], tmp_path: Path) -> User:
    """A repository with two clusters, one of them with a profile, committed along with its output."""
    config, home = installed
    new_repository(tmp_path)
    user = User(tmp_path, home)
    user.write(".pre-commit-config.yaml", config)
    user.write("specs/profiles/cloud.yaml", PROFILE.format(preset="aws-nlb"))
    user.write("specs/clusters/east.yaml", CLUSTER.format(name="east", extends="cloud", box="edge"))
    user.write("specs/clusters/west.yaml", CLUSTER.format(name="west", extends="", box=""))
    user.pre_commit("install")
    with pytest.raises(Failed) as stopped:
        user.commit()
    assert "run `git add overlays`" in stopped.value.message
    assert (tmp_path / FILTER).is_file()
    git(tmp_path, "add", "overlays")
    user.commit()
    return user


def test_a_bad_spec_is_stopped_at_its_line(user: User) -> None:
    """The finding tells the place in the user's repository, and nothing is written; the mended spec is committed."""
    good = (user.root / "specs/clusters/west.yaml").read_text(encoding="utf-8")
    user.write("specs/clusters/west.yaml", good.replace("1h", "an hour"))
    with pytest.raises(Failed) as stopped:
        user.commit()
    assert "specs/clusters/west.yaml:10:" in stopped.value.message
    assert git(user.root, "status", "--porcelain") == "M  specs/clusters/west.yaml\n"
    user.write("specs/clusters/west.yaml", good)
    user.write("unrelated.txt", "a file that no hook looks at")
    user.commit()


def test_stale_output_is_rewritten_and_passes_once_it_is_staged(user: User) -> None:
    """The commit fails because files changed, and goes on failing until it takes them along."""
    spec = (user.root / "specs/clusters/east.yaml").read_text(encoding="utf-8")
    user.write(
        "specs/clusters/east.yaml", spec.replace("silentFor: 1h", "silentFor: 1h, detectDeadPeerIn: 30s")
    )
    before = (user.root / FILTER).read_text(encoding="utf-8")
    for _ in range(2):
        with pytest.raises(Failed) as stopped:
            user.commit()
        assert re.search(r"backstay compile\.+Failed", stopped.value.message)
    assert (user.root / FILTER).read_text(encoding="utf-8") != before
    git(user.root, "add", "overlays")
    user.commit()
    assert git(user.root, "status", "--porcelain") == ""


def test_a_changed_profile_has_its_clusters_judged(user: User) -> None:
    """The profile is fine by itself; the cluster that extends it cannot be any more, and is named."""
    user.write("specs/profiles/cloud.yaml", PROFILE.format(preset="aws-alb"))
    with pytest.raises(Failed) as stopped:
        user.commit()
    assert re.search(r"backstay check\.+Failed", stopped.value.message)
    assert "error[MSH026]" in stopped.value.message
    assert "specs/clusters/east.yaml:10:" in stopped.value.message


LAUNCHER = """\
apiVersion: v1
kind: ConfigMap
metadata: {{name: kfp-launcher, namespace: {team}}}
data:
  {key}: minio://mlpipeline/v2
"""


def test_only_changed_manifests_are_judged(user: User) -> None:
    """A manifest that was bad before stops nobody who changes another one; a new fault does, and is repaired by hand."""
    user.write("apps/old.yaml", LAUNCHER.format(team="a", key="PIPELINE_ROOT"))
    git(user.root, "commit", "--message=Before the hooks", "--no-verify")
    user.write("apps/new.yaml", LAUNCHER.format(team="b", key="defaultPipelineRoot"))
    user.commit()
    user.write("apps/new.yaml", LAUNCHER.format(team="b", key="PIPELINE_ROOT"))
    with pytest.raises(Failed) as stopped:
        user.commit()
    assert "apps/new.yaml:5:" in stopped.value.message
    assert "apps/old.yaml" not in stopped.value.message


HOOKS = [hook["id"] for hook in parse((REPO / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))]


def tried(user: User, installed: tuple[str, Path], hook: str, *words: str) -> str:
    """What `pre-commit try-repo` says of a hook that nobody configured."""
    config, _ = installed
    shop, revision = (re.search(rf"(?m){word}: (.*)$", config)[1] for word in ("repo", "rev"))  # type: ignore[index]
    with skip_or_fail(), installing():
        return user.pre_commit("try-repo", shop, hook, "--ref", revision, *words)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_can_be_tried_before_it_is_configured(
    user: User, installed: tuple[str, Path], hook: str
) -> None:
    """`pre-commit try-repo` runs it over the repository as it stands."""
    user.write("apps/one.yaml", LAUNCHER.format(team="a", key="defaultPipelineRoot"))
    said = tried(user, installed, hook, "--all-files")
    assert re.search(rf"{hook.replace('-', ' ')}\.+Passed", said)


def test_only_changed_specs_are_judged(user: User, installed: tuple[str, Path]) -> None:
    """A cluster that is wrong already stops nobody who changes another one; a hook over both tells its line."""
    west = (user.root / "specs/clusters/west.yaml").read_text(encoding="utf-8")
    user.write("specs/clusters/west.yaml", west.replace("1h", "an hour"))
    said = tried(user, installed, "backstay-check", "--files", "specs/clusters/east.yaml")
    assert re.search(r"backstay check\.+Passed", said)
    with pytest.raises(Failed) as stopped:
        tried(
            user,
            installed,
            "backstay-check",
            "--files",
            "specs/clusters/east.yaml",
            "specs/clusters/west.yaml",
        )
    assert "specs/clusters/west.yaml:10:" in stopped.value.message


def test_a_repository_without_specs_passes(installed: tuple[str, Path], tmp_path: Path) -> None:
    """Whoever configures all hooks everywhere is not stopped where there is nothing for them."""
    config, home = installed
    new_repository(tmp_path)
    user = User(tmp_path, home)
    user.write(".pre-commit-config.yaml", config)
    user.write("settings.yaml", "colour: blue\n")
    user.write("program.py", "print()\n")
    user.pre_commit("install")
    user.commit()
    assert git(tmp_path, "status", "--porcelain") == ""


def test_a_hook_repairs_and_stops_the_commit_once(installed: tuple[str, Path], tmp_path: Path) -> None:
    """With `args: [--fix]`; the next commit has the repair."""
    config, home = installed
    new_repository(tmp_path)
    user = User(tmp_path, home)
    user.write(
        ".pre-commit-config.yaml",
        re.sub(r"\{id: (backstay-(?:check|audit))\}", r"{id: \1, args: [--fix]}", config),
    )
    user.pre_commit("install")
    user.write("apps/one.yaml", LAUNCHER.format(team="a", key="PIPELINE_ROOT"))
    with pytest.raises(Failed) as stopped:
        user.commit()
    assert "1 finding repaired in 1 file" in stopped.value.message
    repaired = LAUNCHER.format(team="a", key="defaultPipelineRoot")
    assert (tmp_path / "apps/one.yaml").read_text(encoding="utf-8") == repaired
    git(tmp_path, "add", "apps")
    user.commit()


def test_a_deleted_cluster_takes_its_output_along(user: User) -> None:
    """pre-commit tells hooks of no deleted file; the output is looked at all the same."""
    git(user.root, "rm", "--quiet", "specs/clusters/west.yaml")
    with pytest.raises(Failed):
        user.commit()
    git(user.root, "add", "--all")
    user.commit()
    assert "overlays/west" not in git(user.root, "ls-files")
    assert FILTER in git(user.root, "ls-files")

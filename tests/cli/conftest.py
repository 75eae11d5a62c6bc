"""A small repository of specs in an empty folder, and the command line to run over it."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from backstay.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

SPEC: dict[str, Any] = {
    "apiVersion": "backstay.dev/v1alpha1",
    "kind": "Cluster",
    "metadata": {"name": "one"},
    "platform": {"kubernetes": "1.36", "istio": {"version": "1.30"}, "pipelines": {"version": "2.15"}},
    "network": {
        "boxes": {"fw": {"preset": "firewall", "idle": "300s"}},
        "services": {"metadata": {"preset": "kfp-metadata-grpc"}},
        "calls": [{"from": "pipeline-steps", "to": "metadata", "via": ["fw"], "silentFor": "1h"}],
    },
    "storage": {
        "artifacts": {
            "url": "http://minio.store.svc.cluster.local:9000",
            "bucket": "artifacts",
            "credentials": {"secret": "store-keys"},
        }
    },
    "gitops": {
        "engine": "argocd",
        "repository": "https://git.example/p.git",
        "path": "overlays/one",
        "base": {"kustomize": "../../base"},
    },
}


@dataclass
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def findings(self) -> list[dict[str, Any]]:
        """The findings of `--format json`."""
        return json.loads(self.out)["diagnostics"]


@dataclass
class Repository:
    """A folder with specs; `backstay` runs in it."""

    root: Path
    backstay: Callable[..., Ran]

    def spec(self, name: str = "one", **changes: Any) -> Path:
        """Write a cluster: the sound spec with some routes (`network__calls__0__silentFor`) changed; None removes."""
        value = copy.deepcopy(SPEC)
        value["metadata"]["name"] = name
        for words, new in changes.items():
            *above, last = (int(step) if step.isdigit() else step for step in words.split("__"))
            here: Any = value
            for step in above:
                here = here[step] if isinstance(step, int) else here.setdefault(step, {})
            if new is None:
                del here[last]
            else:
                here[last] = new
        return self.text(f"specs/clusters/{name}.yaml", json.dumps(value, indent=1))

    def profile(self, name: str, value: Mapping[str, Any]) -> Path:
        """Write a profile."""
        head = {"apiVersion": SPEC["apiVersion"], "kind": "Profile", "metadata": {"name": name}}
        return self.text(f"specs/profiles/{name}.yaml", json.dumps({**head, **value}, indent=1))

    def text(self, name: str, text: str | bytes) -> Path:
        """Write a file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def tree(self, name: str = "overlays") -> dict[str, bytes]:
        """Every file below a folder."""
        root = self.root / name
        return {
            p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()
        }


@pytest.fixture
def repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Repository:
    """An empty repository that is the current folder."""
    monkeypatch.chdir(tmp_path)

    def backstay(*arguments: str) -> Ran:
        capfd.readouterr()
        code = run(arguments)
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        assert "internal error" not in err
        return Ran(code, out, err)

    return Repository(tmp_path, backstay)

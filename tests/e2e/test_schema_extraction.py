"""The schemas in the package are what the extraction makes of the upstream modules, byte for byte."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

import pytest

from backstay.check.schemas.shelf import FOLDER
from e2e.support.errors import Failed
from e2e.support.golang import ENVIRONMENT, find_go
from e2e.support.missing import skip_or_fail
from e2e.support.process import run

pytestmark = pytest.mark.e2e

TOOLS = Path(__file__).parents[2] / "tools"
SECONDS = 300


@pytest.mark.parametrize("project", ["istio", "sealed-secrets", "kustomize-controller"])
def test_the_same_modules_give_the_same_bytes(tmp_path: Path, project: str):
    """Fetched and verified by Go, read anew into an empty folder, in another hash order."""
    table = tomllib.loads((TOOLS / "schemas.toml").read_text())["project"][project]
    with skip_or_fail():
        go = find_go()
        for _, module in table["versions"]:
            _fetch(go, module, tmp_path)
    path = os.pathsep.join([str(go.path.parent), os.environ["PATH"]])
    environment = {**ENVIRONMENT, "PATH": path, "PYTHONHASHSEED": "7"}
    command = [sys.executable, str(TOOLS / "extract_schemas.py"), "--out", str(tmp_path), project]
    run(command, folder=tmp_path, seconds=SECONDS, env=environment)
    made = {file.name: file.read_bytes() for file in (tmp_path / project).iterdir()}
    assert made == {file.name: file.read_bytes() for file in (FOLDER / project).iterdir()}


def _fetch(go, module: str, folder: Path) -> None:
    """Download a module; that it wants a newer Go than this one is no matter, its files are all we read."""
    try:
        go.fetch("mod", "download", "-json", module, folder=folder, seconds=SECONDS)
    except Failed as failed:
        if "requires go" not in failed.message:
            raise

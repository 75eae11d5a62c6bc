"""What the tests of the write stage share: trees to write, and a look at what stands on disk."""

import os

import pytest

from backstay.render.file import render_json
from backstay.render.header import Header, with_comments

HEADER = Header("specs/clusters/c.yaml")


def _tree(value: object, *names: str) -> dict[str, bytes]:
    names = names or ("component/mesh/a.yaml", "component/storage/b.yaml", "kustomization.yaml")
    files = {name: with_comments(f"value: {value}\n", HEADER) for name in names}
    return {**files, "provenance.json": render_json({"files": {"value": str(value)}}, HEADER)}


def _on_disk(root) -> dict[str, object]:
    """Every file below a folder: its bytes, or `-> target` for a link."""
    found: dict[str, object] = {}
    for folder, folders, names in os.walk(root):
        for name in [*names, *(f for f in folders if os.path.islink(f"{folder}/{f}"))]:
            path = f"{folder}/{name}"
            rel = os.path.relpath(path, root)
            if os.path.islink(path):
                found[rel] = f"-> {os.readlink(path)}"
            else:
                with open(path, "rb") as file:
                    found[rel] = file.read()
    return found


@pytest.fixture
def tree():
    """Makes the files of a cluster: `tree(value, *names)`; every value gives other bytes."""
    return _tree


@pytest.fixture
def on_disk():
    """Reads what stands below a folder."""
    return _on_disk


@pytest.fixture
def out(tmp_path):
    """An output folder that does not exist yet."""
    return tmp_path / "overlays"

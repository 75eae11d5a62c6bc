"""Read the schemas of custom resources from their upstream Go modules into the package.

    python tools/extract_schemas.py [--out FOLDER] [PROJECT]...

`tools/schemas.toml` says which modules; `go mod download` fetches and verifies them. Each served version of each
kind becomes one compact JSON file, written once for all product versions in which it is the same; `index.json`
says which file holds from which product version on, and which module it was read from. The same modules give the
same bytes. With project names, only theirs are read anew. Exit code 1 when a module cannot be had.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from structural import compact, forgive

from backstay.check.schemas.structural import strict

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
SHELF = HERE.parent / "generator" / "backstay" / "upstream" / "schemas"
Index = dict[str, Any]


def main() -> int:
    """Write the schemas of the named projects, or of all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=SHELF)
    parser.add_argument("projects", nargs="*", metavar="PROJECT")
    asked = parser.parse_args()
    projects = tomllib.loads((HERE / "schemas.toml").read_text())["project"]
    file = asked.out / "index.json"
    index: Index = json.loads(file.read_text()) if file.exists() else {"projects": {}, "kinds": {}}
    for name in asked.projects or projects:
        print(name, file=sys.stderr)
        extract(name, projects[name], asked.out, index)
    file.write_text(as_lines(index))
    (asked.out / "NOTICE").write_text(as_notice(index))
    return 0


def extract(name: str, project: dict[str, Any], out: Path, index: Index) -> None:
    """Write one project's files and its part of the index."""
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    index["kinds"] = {key: entry for key, entry in index["kinds"].items() if entry["project"] != name}
    modules, shelf = {}, Shelf(folder)
    for version, module in project["versions"]:
        archive, checksum = download(module)
        modules[version] = {"module": module, "sum": checksum}
        shelf.add(version, dict(kinds_in(archive, module, project)))
    index["projects"][name] = {"product": project.get("product", name), "versions": modules}
    index["kinds"] |= {key: {"project": name, "since": since} for key, since in shelf.since.items()}


def download(module: str) -> tuple[Path, str]:
    """The module's verified zip file and its checksum.

    `go` also complains when the module wants a newer Go than this one; its files are there all the same.
    """
    done = subprocess.run(
        ["go", "mod", "download", "-json", module], capture_output=True, text=True, check=False
    )
    said = json.loads(done.stdout or "{}")
    if "Zip" not in said or "Sum" not in said:
        sys.exit(f"{module}: {said.get('Error') or done.stderr}")
    return Path(said["Zip"]), said["Sum"]


def kinds_in(archive: Path, module: str, project: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """`group/version/Kind` and the schema's text, for each served version of each wanted kind."""
    wanted = re.compile(re.escape(module) + "/" + project["files"])
    with zipfile.ZipFile(archive) as files:
        for file in sorted(filter(wanted.fullmatch, files.namelist())):
            for crd in yaml.load_all(files.read(file), Loader):
                if crd and crd.get("kind") == "CustomResourceDefinition":
                    yield from served(crd["spec"], project)


def served(spec: dict[str, Any], project: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """As `kinds_in`, for the spec of one CustomResourceDefinition."""
    kind = spec["names"]["kind"]
    for version in spec["versions"]:
        if version["served"] and kind in project.get("kinds", [kind]):
            schema = version["schema"]["openAPIV3Schema"]
            for field in project.get("filled", {}).get(kind, ()):
                forgive(schema, field)
            text = json.dumps(compact(strict(schema)), separators=(",", ":"), sort_keys=True)
            yield f"{spec['group']}/{version['name']}/{kind}", text


class Loader(yaml.CSafeLoader):
    """Plain YAML, where `=` (an operator in some enums) is the text it is for Kubernetes."""


def _text(_: Loader, node: yaml.ScalarNode) -> str:
    return str(node.value)


Loader.add_constructor("tag:yaml.org,2002:value", _text)


class Shelf:
    """The files of one project: each distinct schema once, and from which product version on it holds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.since: dict[str, list[list[str | None]]] = {}
        self._files: dict[str, str] = {}

    def add(self, version: str, kinds: dict[str, str]) -> None:
        """Take in the kinds of the next product version; a kind that is gone is noted as served no more."""
        for key in sorted({*kinds, *self.since}):
            file = self._file(key, version, kinds[key]) if key in kinds else None
            told = self.since.setdefault(key, [])
            if (told[-1][1] if told else None) != file:
                told.append([version, file])

    def _file(self, key: str, version: str, text: str) -> str:
        if text not in self._files:
            _, api_version, kind = key.split("/")
            name = f"{kind}-{api_version}-from-{version}.json"
            (self.folder / name).write_text(text + "\n")
            self._files[text] = f"{self.folder.name}/{name}"
        return self._files[text]


def as_lines(index: Index) -> str:
    """The index as JSON with one entry a line, so that its changes can be read."""
    blocks = []
    for title in ("projects", "kinds"):
        entries = ",\n".join(
            f'"{key}":{json.dumps(value, sort_keys=True)}' for key, value in sorted(index[title].items())
        )
        blocks.append(f'"{title}":{{\n{entries}\n}}')
    return "{" + ",\n".join(blocks) + "}\n"


def as_notice(index: Index) -> str:
    """What the licences of the modules ask to be said."""
    versions = (version for project in index["projects"].values() for version in project["versions"].values())
    modules = "\n".join(sorted(f"  {version['module']}" for version in versions))
    return (HERE / "schemas_notice.txt").read_text().replace("MODULES", modules)


if __name__ == "__main__":
    sys.exit(main())

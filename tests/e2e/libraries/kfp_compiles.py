"""Run by an interpreter that has the KFP SDK: the intermediate representation of a pipeline whose tasks use set_retry.

Reads JSON on stdin, the arguments of `set_retry` by the name of a task, and prints JSON: the IR's tasks by name, where
`looped` is the same task inside a ParallelFor. The SDK reads annotations as they stand, so they are no text here.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from kfp import compiler, dsl


@dsl.component(base_image="python:3.12")
def work() -> None:
    """Do nothing."""


def main() -> None:
    """Compile, read, print."""
    asked: dict[str, dict[str, Any]] = json.load(sys.stdin)

    @dsl.pipeline
    def tried() -> None:
        for name, arguments in asked.items():
            work().set_display_name(name).set_retry(**arguments)
        work().set_display_name("plain")
        with dsl.ParallelFor([1, 2]):
            work().set_display_name("looped").set_retry(**next(iter(asked.values())))

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pipeline.yaml"
        compiler.Compiler().compile(tried, str(path))
        ir = next(yaml.safe_load_all(path.read_text()))
    dags = [ir["root"]["dag"], *(one["dag"] for one in ir["components"].values() if "dag" in one)]
    tasks = {task["taskInfo"]["name"]: task for dag in dags for task in dag["tasks"].values()}
    json.dump(tasks, sys.stdout)


main()

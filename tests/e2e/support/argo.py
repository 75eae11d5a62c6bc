"""The workflow-controller's own reading of its ConfigMap, and of the expression of a retryStrategy."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from e2e.support.kubeapi import Object
from e2e.support.process import run

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 30
ArgoConfig = Callable[[Mapping[str, str]], Object]


def read_config(program: Path, data: Mapping[str, str]) -> Object:
    """Return the configuration a workflow-controller runs with, given the `data` of workflow-controller-configmap.

    Raises `Failed` with status 1 and the controller's message when it would refuse to start.
    """
    config: Object = json.loads(
        run([str(program)], folder=program.parent, seconds=SECONDS, text=json.dumps(dict(data)))
    )
    return config


def tries_again(program: Path, expression: str, tries: Sequence[Mapping[str, str]]) -> list[bool]:
    """Return for each last try, given as the expression's variables, whether there would be another one.

    Raises `Failed` with status 1 when the expression does not compile or is no condition.
    """
    asked = json.dumps({"expression": expression, "tries": [dict(variables) for variables in tries]})
    verdicts: list[bool] = json.loads(
        run([str(program), "retries"], folder=program.parent, seconds=SECONDS, text=asked)
    )
    return verdicts

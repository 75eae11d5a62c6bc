"""The workflow-controller's own reading of its ConfigMap."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
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

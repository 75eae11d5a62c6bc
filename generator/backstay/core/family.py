"""Families of rules: an id starts with its family."""

from collections.abc import Mapping
from typing import NamedTuple


class Family(NamedTuple):
    """What the rules of a family are about: a word to ask for them by, and a title."""

    system: str
    title: str


FAMILIES: Mapping[str, Family] = {
    "LOD": Family("files", "Reading files"),
    "SPC": Family("spec", "What a spec says"),
    "SEC": Family("pods", "Secrets, and what every pod must satisfy"),
    "VER": Family("versions", "Versions and presets"),
    "KFP": Family("pipelines", "Kubeflow Pipelines, Argo Workflows and the artifact store"),
    "MSH": Family("mesh", "Connections, with a mesh and without"),
    "JOB": Family("jobs", "Training jobs"),
    "POL": Family("policies", "Policies and waivers"),
    "GOP": Family("gitops", "GitOps"),
    "CUE": Family("cue", "An organisation's own policies"),
    "SCH": Family("schemas", "Upstream schemas"),
    "OUT": Family("output", "Writing the output"),
    "ADM": Family("admission", "Admission policies"),
    "INT": Family("program", "The program itself"),
    "AUD": Family("audit", "Audits of manifests"),
}
"""In the order of the pipeline's stages."""


def system_of(rule: str) -> str:
    """The word for a rule's family."""
    return FAMILIES[rule[:3]].system

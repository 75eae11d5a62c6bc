"""What a document is, by its shape: a Kubernetes object, one of ZenML's files, or somebody else's.

Sources: kustomize api/types/kustomization.go (both header fields may be left out), zenml
config/pipeline_run_configuration.py, zenml cli/stack.py (export_stack).
"""

from collections.abc import Mapping

from backstay.core.diagnostic import ObjectRef
from backstay.core.manifest import ref_of

KUSTOMIZATION_FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""The names under which kustomize looks for its file, in its order."""
_RUN, _STACK = "ZenmlRun", "ZenmlStack"
_RUN_KEYS = frozenset({"run_name", "schedule", "build", "settings", "steps", "retry", "model", "parameters"})
_SETTINGS = ("orchestrator", "resources", "docker")
_OBJECT_KEYS = frozenset({"metadata", "spec", "data"})


def identity(value: Mapping[str, object], file: str) -> ObjectRef | None:
    """Who an object is, under the names that rules know; None for a document that is no object."""
    own = ref_of(value)
    name = file.rpartition("/")[2]
    if own.kind and (own.apiVersion or _OBJECT_KEYS & value.keys()):
        return own
    if not own.kind and not own.apiVersion:
        return _kindless(value, name)
    return own if own.apiVersion and _OBJECT_KEYS & value.keys() else None


def _kindless(value: Mapping[str, object], name: str) -> ObjectRef | None:
    stem = name.rpartition(".")[0] or name
    if name in KUSTOMIZATION_FILES:
        return ObjectRef("kustomize.config.k8s.io/v1beta1", "Kustomization", "", "")
    if _is_stack(value):
        return ObjectRef("", _STACK, "", stem)
    return ObjectRef("", _RUN, "", stem) if _is_run(value) else None


def _is_stack(value: Mapping[str, object]) -> bool:
    components = value.get("components")
    return isinstance(components, dict) and "orchestrator" in components and "stack_name" in value


def _is_run(value: Mapping[str, object]) -> bool:
    """Whether settings of ZenML's stand in it, of the pipeline or of a step, among keys that it reads."""
    steps = value.get("steps")
    owners = [value, *(steps.values() if isinstance(steps, dict) else ())]
    return bool(_RUN_KEYS & value.keys()) and any(_has_settings(owner) for owner in owners)


def _has_settings(owner: object) -> bool:
    settings = owner.get("settings") if isinstance(owner, dict) else None
    names = settings if isinstance(settings, dict) else ()
    return any(str(name).partition(".")[0].partition(":")[0] in _SETTINGS for name in names)

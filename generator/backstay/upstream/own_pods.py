"""Memory that controllers' own containers take beside the work they run.

Sources: argoproj/argo-workflows docs/workflow-controller-configmap.yaml (executor.resources: the installs of Pipelines
set none, so backstay sets what is documented there); zenml integrations/kubernetes/orchestrators/manifest_utils.py
(the orchestrator pod requests 100m CPU and 400Mi, a step that states nothing 400Mi, neither has a limit).
"""

MiB = 2**20

ARGO_EXECUTOR_REQUEST = 64 * MiB
ARGO_EXECUTOR_LIMIT = 512 * MiB
ZENML_POD_REQUEST = 400 * MiB
ZENML_ORCHESTRATOR_LIMIT = 1024 * MiB
"""Room for the client and its integrations, which take more than is requested."""

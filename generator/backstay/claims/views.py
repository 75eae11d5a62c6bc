"""Where subjects stand in objects of each kind: Jobs, pods, containers, replicas.

Sources: the kinds' own API types: kubernetes/api batch/v1 and core/v1, kubernetes-sigs/jobset v1alpha2, kubeflow/trainer
kubeflow.org/v1 (Training Operator) and trainer.kubeflow.org/v1alpha1, argoproj/argo-workflows v1alpha1.
"""

from backstay.claims.claim import Each, Path, View

ITEMS, VALUES = Each.ITEMS, Each.VALUES
REPLICA_SPECS = {
    "PyTorchJob": "pytorchReplicaSpecs",
    "TFJob": "tfReplicaSpecs",
    "XGBoostJob": "xgbReplicaSpecs",
    "PaddleJob": "paddleReplicaSpecs",
    "JAXJob": "jaxReplicaSpecs",
    "MPIJob": "mpiReplicaSpecs",
}
"""The Training Operator's kinds, and the field that holds their replicas."""
_IN_JOBSET: Path = ("spec", "replicatedJobs", ITEMS, "template")
_IN_RUNTIME: Path = ("spec", "template", *_IN_JOBSET)
_CRON: Path = ("spec", "jobTemplate")

OWN_JOB_TEMPLATES: View = {"Job": ((),), "CronJob": (_CRON,)}
"""Metadata and spec of batch Jobs that no JobSet makes."""
JOBSETS: View = {
    "ClusterTrainingRuntime": (("spec", "template", "spec"),),
    "JobSet": (("spec",),),
    "TrainingRuntime": (("spec", "template", "spec"),),
}
"""The specs of JobSets."""
JOBSET_JOB_TEMPLATES: View = {
    "ClusterTrainingRuntime": (_IN_RUNTIME,),
    "JobSet": (_IN_JOBSET,),
    "TrainingRuntime": (_IN_RUNTIME,),
}
"""Metadata and spec of the Jobs in JobSets."""


def below(view: View, *steps: str | Each) -> View:
    """What stands further down in every subject of a view."""
    return {kind: tuple((*path, *steps) for path in paths) for kind, paths in view.items()}


OWN_JOBS = below(OWN_JOB_TEMPLATES, "spec")
JOBSET_JOBS = below(JOBSET_JOB_TEMPLATES, "spec")
JOBS: View = {**OWN_JOBS, **JOBSET_JOBS}
"""The specs of batch Jobs."""
TRAINING_JOBS: View = dict.fromkeys(REPLICA_SPECS, (("spec",),))
"""The specs of the Training Operator's jobs."""
REPLICAS: View = {kind: (("spec", field, VALUES),) for kind, field in REPLICA_SPECS.items()}
"""The replica types of the Training Operator's jobs."""
WORKFLOWS: View = {
    "Workflow": (("spec",),),
    "WorkflowTemplate": (("spec",),),
    "ClusterWorkflowTemplate": (("spec",),),
    "CronWorkflow": (("spec", "workflowSpec"),),
}
"""The specs of workflows."""
WORKFLOW_TEMPLATES = below(WORKFLOWS, "templates", ITEMS)
SERVICE_PODS: View = {
    "DaemonSet": (("spec", "template"),),
    "Deployment": (("spec", "template"),),
    "Pod": ((),),
    "ReplicaSet": (("spec", "template"),),
    "StatefulSet": (("spec", "template"),),
}
"""Metadata and spec of pods that stand alone, and of workloads that are no jobs."""
JOB_PODS: View = {**below(JOBS, "template"), **below(REPLICAS, "template")}
"""Metadata and spec of jobs' pods, as far as they are in one place."""
PODS: View = {**JOB_PODS, **SERVICE_PODS}


def only(view: View, *kinds: str) -> View:
    """A view of some of its kinds."""
    return {kind: view[kind] for kind in kinds}


def join(*views: View) -> View:
    """Views side by side; the paths of a kind that is in several come in their order."""
    kinds = dict.fromkeys(kind for view in views for kind in view)
    return {kind: tuple(path for view in views for path in view.get(kind, ())) for kind in kinds}

"""Kubernetes objects for tests: good ones to start from, and ways to break them."""

from copy import deepcopy
from typing import Any

from backstay.check.context import Item
from backstay.core.manifest import ref_of
from backstay.core.place import Place, at

Object = dict[str, Any]


def item(value: Object, *, partial: bool = False, file: str = "object.yaml") -> Item:
    """An object (or a patch) as the checks see it; its places are its own routes."""
    return Item(ref_of(value), value, partial, file, lambda route: at(*route) if route else Place())


def obj(api_version: str, kind: str, **parts: Any) -> Object:
    """An object of a kind, named `one`."""
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "one"}, **parts}


def put(value: Object, *route: Any) -> Object:
    """A copy with the last of `route` put where the others lead; missing mappings are made."""
    copy = deepcopy(value)
    *above, key, new = route
    here: Any = copy
    for step in above:
        here = here[step] if isinstance(here, list) else here.setdefault(step, {})
    here[key] = new
    return copy


def without(value: Object, *route: Any) -> Object:
    """A copy without what `route` leads to."""
    copy = deepcopy(value)
    here: Any = copy
    for step in route[:-1]:
        here = here[step]
    del here[route[-1]]
    return copy


POD = {"metadata": {"labels": {"app": "one"}}, "spec": {"containers": [{"name": "main", "image": "one:1"}]}}
DEPLOYMENT = obj("apps/v1", "Deployment", spec={"selector": {"matchLabels": {"app": "one"}}, "template": POD})
CONFIG_MAP = obj("v1", "ConfigMap", data={"a": "1"})
SECRET = obj("v1", "Secret", data={"key": "aGVsbG8="})
RUN = {"spec": {**POD["spec"], "restartPolicy": "Never"}}
DESTINATION_RULE = obj("networking.istio.io/v1", "DestinationRule", spec={"host": "one.example"})
HTTPS = {"name": "b", "port": 443, "targetPort": 8443}
DEPLOYMENTS = {
    "apiGroups": ["apps"],
    "apiVersions": ["v1"],
    "operations": ["CREATE"],
    "resources": ["deployments"],
}
POLICY = {
    "matchConstraints": {"resourceRules": [DEPLOYMENTS]},
    "validations": [{"expression": "object.spec.replicas <= 5"}],
}

GOOD = (
    DEPLOYMENT,
    CONFIG_MAP,
    SECRET,
    obj("v1", "Namespace"),
    obj("v1", "ServiceAccount"),
    obj("v1", "Service", spec={"ports": [{"name": "a", "port": 80, "targetPort": "http"}, HTTPS]}),
    obj("v1", "ResourceQuota", spec={"hard": {"limits.memory": "64Gi", "limits.cpu": 8, "pods": "10"}}),
    obj("v1", "LimitRange", spec={"limits": [{"type": "Container", "default": {"memory": "1.5Gi"}}]}),
    obj("batch/v1", "Job", spec={"template": RUN, "backoffLimit": 3}),
    obj(
        "rbac.authorization.k8s.io/v1",
        "Role",
        rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    ),
    obj(
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "one"},
        subjects=[{"kind": "ServiceAccount", "name": "one"}],
    ),
    obj("scheduling.k8s.io/v1", "PriorityClass", value=1000),
    obj("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", spec=POLICY),
    DESTINATION_RULE,
    obj("networking.istio.io/v1alpha3", "EnvoyFilter", spec={"configPatches": [{"applyTo": "CLUSTER"}]}),
    obj("networking.istio.io/v1", "VirtualService", spec={"hosts": ["one"], "http": [{"timeout": "3600s"}]}),
    obj("networking.istio.io/v1", "Sidecar", spec={"egress": [{"hosts": ["./*"]}]}),
    obj("networking.istio.io/v1", "ServiceEntry", spec={"hosts": ["one.example"]}),
    obj("networking.istio.io/v1beta1", "ProxyConfig", spec={"concurrency": 2}),
    obj("security.istio.io/v1", "PeerAuthentication", spec={"mtls": {"mode": "STRICT"}}),
    obj("telemetry.istio.io/v1", "Telemetry", spec={"accessLogging": [{"disabled": True}]}),
    obj(
        "argoproj.io/v1alpha1",
        "Application",
        spec={"project": "one", "destination": {}, "source": {"repoURL": "https://git.example/one.git"}},
    ),
    obj(
        "argoproj.io/v1alpha1",
        "ApplicationSet",
        spec={
            "generators": [{"list": {"elements": [{"cluster": "one", "any": {"shape": 1}}]}}],
            "template": {"metadata": {"name": "{{.cluster}}"}, "spec": {"project": "one", "destination": {}}},
        },
    ),
    obj("argoproj.io/v1alpha1", "AppProject", spec={"sourceRepos": ["*"]}),
    obj("argoproj.io/v1alpha1", "WorkflowTemplate", spec={"templates": [{"name": "a", "suspend": {}}]}),
    obj(
        "kustomize.toolkit.fluxcd.io/v1",
        "Kustomization",
        spec={"interval": "10m", "prune": True, "sourceRef": {"kind": "GitRepository", "name": "one"}},
    ),
    obj(
        "source.toolkit.fluxcd.io/v1",
        "GitRepository",
        spec={"interval": "1m", "url": "https://git.example/one"},
    ),
    obj(
        "source.toolkit.fluxcd.io/v1",
        "OCIRepository",
        spec={"interval": "1m", "url": "oci://one.example/one"},
    ),
    obj(
        "jobset.x-k8s.io/v1alpha2",
        "JobSet",
        spec={"replicatedJobs": [{"name": "a", "template": {"spec": {"template": POD}}}]},
    ),
    obj("kueue.x-k8s.io/v1beta1", "LocalQueue", spec={"clusterQueue": "one"}),
    obj("kueue.x-k8s.io/v1beta2", "ResourceFlavor", spec={"nodeLabels": {"pool": "one"}}),
    obj("trainer.kubeflow.org/v1alpha1", "TrainJob", spec={"runtimeRef": {"name": "one"}}),
    obj(
        "kubeflow.org/v1",
        "PyTorchJob",
        spec={"pytorchReplicaSpecs": {"Worker": {"replicas": 2, "template": POD}}},
    ),
    obj(
        "gateway.networking.k8s.io/v1",
        "Gateway",
        spec={
            "gatewayClassName": "istio-waypoint",
            "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}],
        },
    ),
    obj(
        "monitoring.coreos.com/v1",
        "PrometheusRule",
        spec={"groups": [{"name": "a", "rules": [{"alert": "A", "expr": 1}]}]},
    ),
    obj("external-secrets.io/v1", "ExternalSecret", spec={"secretStoreRef": {"name": "one"}}),
    obj("bitnami.com/v1alpha1", "SealedSecret", spec={"encryptedData": {"key": "AgBy"}}),
    obj("remediation.medik8s.io/v1alpha1", "NodeHealthCheck", spec={"selector": {}}),
    {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": ["one.yaml"]},
    {
        "apiVersion": "kustomize.config.k8s.io/v1alpha1",
        "kind": "Component",
        "patches": [{"path": "one.yaml"}],
    },
)
"""One good object of each kind that is known."""

"""The files that a control plane's programs read, and the objects that lead the API server to their webhooks."""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from backstay.prove.jobs.client import Struct
from backstay.prove.jobs.commands import Site
from backstay.prove.jobs.components import Components
from backstay.prove.jobs.keys import Keys

FRAMEWORKS = (
    "batch/job",
    "jobset.x-k8s.io/jobset",
    "kubeflow.org/pytorchjob",
    "trainer.kubeflow.org/trainjob",
)

_SECRET, _SERVICE, _NAMESPACE = "kueue-webhook-server-cert", "kueue-webhook-service", "kueue-system"


def kubeconfig(site: Site, token: str) -> str:
    """A kubeconfig for every other program; JSON is YAML."""
    server = {"server": site.url, "certificate-authority": str(site.keys.folder / "ca.crt")}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "proof",
            "contexts": [{"name": "proof", "context": {"cluster": "proof", "user": "proof"}}],
            "clusters": [{"name": "proof", "cluster": server}],
            "users": [{"name": "proof", "user": {"token": token}}],
        }
    )


def jobset_config(site: Site) -> str:
    """JobSet's configuration: our certificate, nothing that could meet another proof's."""
    return json.dumps(
        {
            "apiVersion": "config.jobset.x-k8s.io/v1alpha1",
            "kind": "Configuration",
            **_manager(site, "jobset"),
            "internalCertManagement": {"enable": False},
        }
    )


def kueue_config(site: Site, asked: Mapping[str, Any]) -> str:
    """Kueue's configuration: `asked` is the emitted one, of which all is taken but addresses and keys.

    Where it says nothing of frameworks, every kind that runs here is managed if it asks for a queue.
    """
    own = {
        "apiVersion": "config.kueue.x-k8s.io/v1beta2",
        "kind": "Configuration",
        "namespace": _NAMESPACE,
        **_manager(site, "kueue"),
        "internalCertManagement": {
            "enable": True, "webhookServiceName": _SERVICE, "webhookSecretName": _SECRET
        },
        "clientConnection": {"qps": 200, "burst": 400},
    }  # fmt: skip
    gates = {**asked.get("featureGates", {}), "VisibilityOnDemand": False}
    frameworks = {"frameworks": list(FRAMEWORKS)}
    return json.dumps({"integrations": frameworks, **asked, **own, "featureGates": gates})


def _manager(site: Site, name: str) -> Struct:
    return {
        "webhook": {"host": "127.0.0.1", "port": site.ports[name], "certDir": str(site.keys.folder)},
        "health": {"healthProbeBindAddress": f"127.0.0.1:{site.ports[name + '-health']}"},
        "metrics": {"bindAddress": "0"},
        "leaderElection": {"leaderElect": False},
    }


def first_objects(components: Components, site: Site) -> Iterator[Struct]:
    """What has to be there before the job controllers start: namespaces, Kueue's keys, every webhook's address."""
    for name in ("jobset-system", _NAMESPACE):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    yield _secret(site.keys)
    for name, project in components.projects.items():
        for webhook in project.webhooks:
            yield _webhooks(webhook, site, name)


def definitions(components: Components, site: Site) -> Iterator[Struct]:
    """Every project's CustomResourceDefinitions; those of several versions are converted by their controller."""
    for name, project in components.projects.items():
        for crd in project.crds:
            yield _definition(crd, site, name)


def _definition(crd: Any, site: Site, name: str) -> Struct:
    spec = {key: value for key, value in crd["spec"].items() if key != "conversion"}
    if len(spec["versions"]) > 1:
        hook = {"clientConfig": _address(site, name, "/convert"), "conversionReviewVersions": ["v1"]}
        spec["conversion"] = {"strategy": "Webhook", "webhook": hook}
    return {**crd, "metadata": {"name": crd["metadata"]["name"], **_notes(crd)}, "spec": spec}


def _notes(crd: Any) -> Struct:
    """The annotations that the API server asks for where a group is one of Kubernetes' own (`k8s.io`)."""
    notes = crd["metadata"].get("annotations")
    return {"annotations": notes} if notes else {}


def _webhooks(config: Any, site: Site, name: str) -> Struct:
    hooks = [
        {**hook, "clientConfig": _address(site, name, hook["clientConfig"]["service"]["path"])}
        for hook in config["webhooks"]
    ]
    metadata = {"name": config["metadata"]["name"]}
    return {**config, "metadata": metadata, "webhooks": hooks}


def _address(site: Site, name: str, path: str) -> Struct:
    return {
        "url": f"https://127.0.0.1:{site.ports[name]}{path}",
        "caBundle": b64encode(site.keys.authority).decode(),
    }


def _secret(keys: Keys) -> Struct:
    """The keys where Kueue looks for them: it makes none of its own when these will do."""
    files = {
        "ca.crt": keys.authority, "ca.key": keys.authority_key,
        "tls.crt": keys.certificate, "tls.key": keys.key,
    }  # fmt: skip
    data = {name: b64encode(content).decode() for name, content in files.items()}
    metadata = {"name": _SECRET, "namespace": _NAMESPACE}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}

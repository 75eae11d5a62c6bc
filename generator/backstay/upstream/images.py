"""Which upstream system an image belongs to, and what its tag says about the version that runs.

Sources: the manifests of kubeflow/pipelines (gcr.io until 2.3, ghcr.io since), argoproj/argo-workflows,
istio/istio, kubernetes-sigs/kueue and jobset, kubeflow/trainer and its release-1.9 branch, and zenml's Helm chart.
"""

import re
from typing import Final

_REPOSITORIES: Final = (
    ("pipelines", r"(?:kubeflow/kfp-|ml-pipeline/)api-server"),
    ("workflows", r"(?:argoproj|ml-pipeline)/workflow-controller"),
    ("istio", r"istio(?:-release)?/(?:pilot|proxyv2)"),
    ("kueue", r"kueue/kueue"),
    ("jobset", r"jobset/jobset"),
    ("trainer", r"kubeflow/trainer/trainer-controller-manager"),
    ("training_operator", r"kubeflow/(?:training-v1/)?training-operator"),
    ("zenml", r"zenmldocker/zenml-server"),
    ("kubernetes", r"kube-(?:apiserver|controller-manager|scheduler)"),
)
_IMAGE: Final = re.compile(
    r"(?:\A|/)(?:" + "|".join(f"(?P<{name}>{pattern})" for name, pattern in _REPOSITORIES) + r")(?::|@|\Z)"
)
_TAG: Final = re.compile(r":(?P<tag>[\w.-]{1,128})(?:@sha256:[0-9a-f]+)?\Z")
_VERSION: Final = re.compile(r"v?(?P<version>[0-9]{1,4}\.[0-9]{1,4}(?:\.[0-9]{1,4})?)(?:[-+.].*)?\Z")
_PARTS: Final = {
    "istio": "istio",
    "istiod": "istio",
    "kueue": "kueue",
    "jobset": "jobset",
    "trainer": "trainer",
    "training-operator": "training_operator",
    "zenml": "zenml",
    "workflow-controller": "workflows",
    "argo-workflows": "workflows",
}


def system_of(image: str) -> str | None:
    """The system whose own program an image holds, by its name in the catalog."""
    found = _IMAGE.search(image)
    return found.lastgroup if found else None


def version_of(image: str) -> str | None:
    """The version in an image's tag; None for `latest`, hashes and whatever else is no number."""
    tag = _TAG.search(image)
    return version_in(tag["tag"]) if tag else None


def version_in(text: str) -> str | None:
    """`major.minor` or `major.minor.patch` at the beginning of a tag or label; None when there is none."""
    found = _VERSION.match(text)
    return found["version"] if found else None


def system_of_part(name: str) -> str | None:
    """The system that `app.kubernetes.io/name` or `part-of` stands for."""
    return _PARTS.get(name)

"""The two forms of a job's settings: a patch where the base holds the job, else a file in the bundle.

A file in the bundle is applied by nobody: it lacks what only the user knows (image, command). It is what a manifest,
or the code that submits one, has to carry; `kubectl patch --local --type merge` lays it over a manifest.
"""

from collections.abc import Mapping

from backstay.core.fact import from_spec
from backstay.core.manifest import Manifest, Role
from backstay.emit.parts import Body, fixed, new_patch
from backstay.model.jobs import Workload


def carried(
    workload: Workload, api: str, kind: str, labels: Body, source: str, spec: Mapping[str, object]
) -> Manifest:
    """A job's settings in the form that fits it."""
    if workload.in_base:
        patch = new_patch(api, kind, workload.name, workload.namespace, source, spec=spec)
        metadata = patch.body["metadata"]
        assert isinstance(metadata, dict)  # noqa: S101 - `new_patch` made it
        metadata |= {"labels": labels} if labels else {}
        return patch
    return submitted(workload, api, kind, labels, source, spec)


def submitted(
    workload: Workload, api: str, kind: str, labels: Body, source: str, spec: Mapping[str, object]
) -> Manifest:
    """What a job that people or pipelines submit has to carry."""
    metadata: Body = {
        "name": from_spec(workload.name, "workloads", workload.name), "namespace": workload.namespace,
        **({"labels": labels} if labels else {}),
    }  # fmt: skip
    body: Body = {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}
    return Manifest(f"bundle/workloads/{kind.lower()}-{workload.name}.yaml", Role.BUNDLE, body, fixed(source))

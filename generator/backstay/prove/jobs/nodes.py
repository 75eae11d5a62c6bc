"""Nodes without machines: what KWOK is told about pods, and the nodes themselves.

A pod runs until it is told otherwise. One that is deleted on a living node ends with exit code 143 first, as a kubelet
would have it, so that its controller sees it fail; on a node whose KWOK process has ended it stays Terminating.
KWOK's own stages complete the pods of Jobs at once and take the finalizers away (kustomize/stage/pod/fast).
"""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from backstay.prove.jobs.client import Struct
from backstay.prove.jobs.commands import GROUP_ANNOTATION

TRIAL_LABEL = "backstay.dev/trial"
NONE: Mapping[str, str] = MappingProxyType({})
_DELETED = ".metadata.deletionTimestamp"
_PHASE = ".status.phase"
_RUNNING = """
phase: Running
startTime: {{ Now | Quote }}
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
podIP: {{ PodIPWith .spec.nodeName false .metadata.uid .metadata.name .metadata.namespace | Quote }}
conditions:
{{ range $type := (list "Initialized" "ContainersReady" "Ready") }}
- {type: {{ $type }}, status: "True", lastTransitionTime: {{ Now | Quote }}}
{{ end }}
initContainerStatuses:
{{ range .spec.initContainers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: true
  restartCount: 0
  state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ Now | Quote }}, finishedAt: {{ Now | Quote }}}}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: true
  started: true
  restartCount: 0
  state: {running: {startedAt: {{ Now | Quote }}}}
{{ end }}
"""
_ENDED = """
phase: Failed
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: false
  started: false
  restartCount: 0
  state: {terminated: {exitCode: 143, reason: Error, startedAt: {{ Now | Quote }}, finishedAt: {{ Now | Quote }}}}
{{ end }}
"""


def stages() -> str:
    """KWOK's configuration file: three stages of a pod's life, as a stream of JSON documents."""
    known = (
        _stage("pod-runs", {"statusTemplate": _RUNNING}, (_DELETED, None), (".status.podIP", None)),
        _stage("pod-ends", {"statusTemplate": _ENDED}, (_DELETED, ()), (_PHASE, ("Running", "Pending"))),
        _stage("pod-goes", {"delete": True}, (_DELETED, ()), (_PHASE, ("Failed", "Succeeded"))),
    )
    return "\n---\n".join(json.dumps(stage) for stage in known)


def node(
    name: str, group: str, offers: Mapping[str, str], *, labels: Mapping[str, str] = NONE,
    taints: Sequence[Struct] = (),
) -> Struct:  # fmt: skip
    """A node that the KWOK process of a group keeps alive."""
    resources = {"cpu": "64", "memory": "1Ti", "pods": "200", **offers}
    own = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {**own, **labels},
            "annotations": {GROUP_ANNOTATION: group},
        },
        "spec": {"taints": list(taints)},
        "status": {"allocatable": resources, "capacity": resources},
    }


def trial_node(name: str, trial: str, group: str, offers: Mapping[str, str], *, schedulable: bool) -> Struct:
    """A node for the pods of one trial: they find it by its label, and no other tolerates it."""
    taint: Struct = {"key": TRIAL_LABEL, "value": trial, "effect": "NoSchedule"}
    made = node(name, group, offers, labels={TRIAL_LABEL: trial}, taints=[taint])
    made["spec"]["unschedulable"] = not schedulable
    return made


def _stage(name: str, then: Struct, *when: tuple[str, tuple[str, ...] | None]) -> Struct:
    """A stage that follows when each key has one of the values; None: is not there, (): is there."""
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": name},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": "Pod"},
            "selector": {"matchExpressions": [_condition(key, values) for key, values in when]},
            "next": then,
        },
    }


def _condition(key: str, values: tuple[str, ...] | None) -> Struct:
    if values:
        return {"key": key, "operator": "In", "values": list(values)}
    return {"key": key, "operator": "DoesNotExist" if values is None else "Exists"}

"""Planned objects against stored ones: what is a difference, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from backstay.core.manifest import Role
from support.planned import Object, changes, config_map, obj, planned, pod, told

ENV = "spec.template.spec.containers[main].env"


def rule(**http: Any) -> Object:
    """A DestinationRule with those settings of its connection pool."""
    return obj(
        "networking.istio.io/v1",
        "DestinationRule",
        spec={"trafficPolicy": {"connectionPool": {"http": http}}},
    )


def main(**parts: Any) -> Object:
    """A Deployment with the container `main`."""
    return pod(containers=[{"name": "main", **parts}])


def env(*entries: Object) -> Object:
    """A Deployment with those variables."""
    return main(env=list(entries))


SAME = {
    "the object itself": (main(image="a:1"), main(image="a:1")),
    "another version of it": (
        obj("networking.istio.io/v1alpha3", "EnvoyFilter", spec={"priority": 1}),
        obj("networking.istio.io/v1", "EnvoyFilter", spec={"priority": 1}),
    ),
    "what the server adds to it": (
        main(image="a:1"),
        {**main(image="a:1", terminationMessagePath="/dev/log"), "status": {"replicas": 1}},
    ),
    "what somebody adds to it": (config_map(a="1"), config_map(a="1", b="2")),
    "containers in another order": (
        pod(containers=[{"name": "a", "image": "a"}, {"name": "b", "image": "b"}]),
        pod(containers=[{"name": "sidecar"}, {"name": "b", "image": "b"}, {"name": "a", "image": "a"}]),
    ),
    "variables in another order": (
        env({"name": "A", "value": "1"}, {"name": "B", "value": "2"}),
        env({"name": "B", "value": "2"}, {"name": "C", "value": "3"}, {"name": "A", "value": "1"}),
    ),
    "a container port whose protocol has its default": (
        main(ports=[{"containerPort": 80, "name": "web"}]),
        main(ports=[{"containerPort": 80, "protocol": "UDP"}, {"containerPort": 80, "protocol": "TCP", "name": "web"}]),
    ),
    "service ports in another order": (
        obj("v1", "Service", spec={"ports": [{"port": 80, "targetPort": 8080}]}),
        obj("v1", "Service", spec={"ports": [{"port": 81}, {"port": 80, "protocol": "TCP", "targetPort": 8080}]}),
    ),
    "mounts by their path": (
        main(volumeMounts=[{"mountPath": "/a", "name": "v"}]),
        main(volumeMounts=[{"mountPath": "/token", "name": "t"}, {"mountPath": "/a", "name": "v"}]),
    ),
    "a toleration among those of the admission": (
        pod(tolerations=[{"key": "gpu", "operator": "Exists"}]),
        pod(tolerations=[{"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"}, {"key": "gpu", "operator": "Exists"}]),
    ),
    "a size in other units": (
        main(resources={"limits": {"memory": "1Gi", "cpu": "1"}}), main(resources={"limits": {"memory": "1024Mi", "cpu": "1000m"}}),
    ),
    "a size that is a number": (main(resources={"requests": {"cpu": 2}}), main(resources={"requests": {"cpu": "2"}})),
    "a quota in other units": (
        obj("v1", "ResourceQuota", spec={"hard": {"limits.memory": "64Gi", "pods": 10}}),
        obj("v1", "ResourceQuota", spec={"hard": {"limits.memory": "65536Mi", "pods": "10"}}),
    ),
    "a volume's size limit": (
        pod(volumes=[{"name": "v", "emptyDir": {"sizeLimit": "1G"}}]), pod(volumes=[{"name": "v", "emptyDir": {"sizeLimit": "1e9"}}]),
    ),
    "a duration in Go's spelling": (rule(idleTimeout="300s"), rule(idleTimeout="5m0s")),
    "a duration in protobuf's spelling": (rule(http2KeepAlive={"interval": "250ms"}), rule(http2KeepAlive={"interval": "0.250s"})),
    "a surge as text": (
        obj("apps/v1", "Deployment", spec={"strategy": {"rollingUpdate": {"maxSurge": 1}}}),
        obj("apps/v1", "Deployment", spec={"strategy": {"rollingUpdate": {"maxSurge": "1"}}}),
    ),
    "empty things that a server does not store": (
        {**main(command=[], resources={"limits": {}}), "metadata": {"name": "one", "namespace": "space", "labels": {}}}, main(),
    ),
    "an empty variable": (env({"name": "A", "value": ""}), env({"name": "A"})),
    "a false that is not stored": (pod(hostNetwork=False), pod()),
    "null for what is not there": (env({"name": "A", "value": "1", "valueFrom": None}), env({"name": "A", "value": "1"})),
    "noise in the plan": (
        {"apiVersion": "v1", "kind": "ConfigMap", "status": {}, "metadata": {
            "name": "one", "namespace": "space", "creationTimestamp": None, "generation": 1, "uid": "x",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}},
        config_map(),
    ),
    "YAML inside a ConfigMap in another layout": (
        config_map(providers="minio: {default: {endpoint: a:80, on: true}}\n"),
        config_map(providers="# note\nminio:\n  default:\n    'on': true\n    endpoint: a:80\n"),
    ),
    "a null inside a ConfigMap's YAML": (config_map(p="a: {b: 1, d: null}"), config_map(p="a: {b: 1, c: null}")),
    "a duration inside a ConfigMap's YAML": (config_map(defaults="backoff: {cap: 10m}"), config_map(defaults="backoff: {cap: 600s}")),
}  # fmt: skip


@pytest.mark.parametrize("case", SAME)
def test_no_difference(case: str):
    """What servers, defaults, people and other spellings do to an object without changing what we set."""
    want, have = SAME[case]
    assert told(want, have) == []


DIFFERENT = {
    "a changed scalar": (main(image="a:1"), main(image="a:2"), "changed", "spec.template.spec.containers[main].image", "a:1", "a:2"),
    "a field that is gone": (config_map(a="1"), config_map(b="1"), "missing-field", "data.a", "1", None),
    "a variable that is gone": (
        env({"name": "A", "value": "1"}), env({"name": "B", "value": "1"}), "missing-field", f"{ENV}[A]",
        {"name": "A", "value": "1"}, None,
    ),
    "a variable among others": (
        env({"name": "A", "value": "1"}, {"name": "B", "value": "2"}), env({"name": "B", "value": "3"}, {"name": "A", "value": "1"}),
        "changed", f"{ENV}[B].value", "2", "3",
    ),
    "a longer argument list": (main(args=["--a"]), main(args=["--a", "--b"]), "changed", "spec.template.spec.containers[main].args",
                               ["--a"], ["--a", "--b"]),
    "an argument": (main(args=["--a", "--b"]), main(args=["--a", "--c"]), "changed", "spec.template.spec.containers[main].args[1]",
                    "--b", "--c"),
    "an argument's place": (main(args=["--a"]), main(args=[]), "changed", "spec.template.spec.containers[main].args", ["--a"], []),
    "another size": (main(resources={"limits": {"memory": "1Gi"}}), main(resources={"limits": {"memory": "1G"}}), "changed",
                     "spec.template.spec.containers[main].resources.limits.memory", "1Gi", "1G"),
    "a size where no size is due": (config_map(a="1Gi"), config_map(a="1024Mi"), "changed", "data.a", "1Gi", "1024Mi"),
    "another duration": (rule(idleTimeout="300s"), rule(idleTimeout="301s"), "changed",
                         "spec.trafficPolicy.connectionPool.http.idleTimeout", "300s", "301s"),
    "a duration where text is due": (config_map(idleTimeout="300s"), config_map(idleTimeout="5m"), "changed", "data.idleTimeout",
                                     "300s", "5m"),
    "a number as text": (rule(maxRetries=3), rule(maxRetries="3"), "changed",
                         "spec.trafficPolicy.connectionPool.http.maxRetries", 3, "3"),
    "true is no one": (rule(useClientProtocol=True), rule(useClientProtocol=1), "changed",
                       "spec.trafficPolicy.connectionPool.http.useClientProtocol", True, 1),
    "a pointer's false": (pod(automountServiceAccountToken=False), pod(), "missing-field",
                          "spec.template.spec.automountServiceAccountToken", False, None),
    "an empty text where any key may stand": (config_map(value=""), config_map(), "missing-field", "data.value", "", None),
    "a volume of another kind": (pod(volumes=[{"name": "v", "emptyDir": {}}]), pod(volumes=[{"name": "v", "hostPath": {"path": "/"}}]),
                                 "missing-field", "spec.template.spec.volumes[v].emptyDir", {}, None),
    "a toleration of everything": (
        pod(tolerations=[{"operator": "Exists", "tolerationSeconds": 1}]), pod(tolerations=[{"operator": "Exists", "tolerationSeconds": 2}]),
        "changed", "spec.template.spec.tolerations[*].tolerationSeconds", 1, 2,
    ),
    "a selector of everything": (
        obj("networking.k8s.io/v1", "NetworkPolicy", spec={"ingress": [{"from": [{"podSelector": {"matchLabels": {}}}]}]}),
        obj("networking.k8s.io/v1", "NetworkPolicy", spec={"ingress": [{"from": [{"namespaceSelector": {}}]}]}),
        "missing-field", "spec.ingress[0].from[0].podSelector", {"matchLabels": {}}, None,
    ),
    "an empty message in a custom resource": (rule(http2KeepAlive={}), rule(), "missing-field",
                                              "spec.trafficPolicy.connectionPool.http.http2KeepAlive", {}, None),
    "a mapping where text is": (rule(http2KeepAlive={"interval": "1s"}), rule(http2KeepAlive="1s"), "changed",
                                "spec.trafficPolicy.connectionPool.http.http2KeepAlive", {"interval": "1s"}, "1s"),
    "a value inside a ConfigMap's YAML": (
        config_map(providers="minio: {default: {endpoint: a, region: r}}"),
        config_map(providers="minio: {default: {endpoint: b, region: r}}"),
        "changed", "data.providers (minio.default.endpoint)", "a", "b",
    ),
    "a value too many inside a ConfigMap's YAML": (
        config_map(providers="minio: {default: {}}"), config_map(providers="minio: {default: {}, overrides: [1]}"),
        "extra-field", "data.providers (minio.overrides)", None, [1],
    ),
    "text that is no YAML any more": (config_map(p="a: 1"), config_map(p="a: 1: 2"), "changed", "data.p", "a: 1", "a: 1: 2"),
    "a label": (
        {**config_map(), "metadata": {"name": "one", "namespace": "space", "labels": {"a.b/c": "1"}}},
        {**config_map(), "metadata": {"name": "one", "namespace": "space", "labels": {"a.b/c": "2"}}},
        "changed", 'metadata.labels["a.b/c"]', "1", "2",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", DIFFERENT)
def test_one_difference(case: str):
    """Exactly the field that differs, with both values."""
    want, have, *expected = DIFFERENT[case]
    assert told(want, have) == [tuple(expected)]


def test_a_missing_object_is_one_change_with_the_line_that_asks_for_it():
    """Not one for each of its fields."""
    (change,) = changes(config_map(a="1"), None)
    assert (change.kind.value, change.words, str(change.ref)) == ("missing-object", "", "ConfigMap space/one")


PATCHES = {
    "a null for what is still there": (
        env({"name": "A", "value": "1", "valueFrom": None}), env({"name": "A", "value": "1", "valueFrom": {"fieldRef": {}}}),
        [("extra-field", f"{ENV}[A].valueFrom", None, {"fieldRef": {}})],
    ),
    "a null below what is not there": (rule(http2KeepAlive={"interval": None}), rule(), []),
    "a null below what would mean something": (pod(securityContext={"runAsUser": None}), pod(), []),
    "an entry to delete that is there": (
        main(env=[{"name": "A", "$patch": "delete"}]), env({"name": "A", "value": "1"}),
        [("extra-field", f"{ENV}[A]", None, {"name": "A", "value": "1"})],
    ),
    "an entry to delete that is not there": (main(env=[{"name": "A", "$patch": "delete"}]), env({"name": "B"}), []),
    "a mapping to delete": (
        pod(securityContext={"$patch": "delete"}), pod(securityContext={"runAsUser": 0}),
        [("extra-field", "spec.template.spec.securityContext", None, {"runAsUser": 0})],
    ),
    "a mapping replaced whole": (
        pod(nodeSelector={"$patch": "replace", "a": "1"}), pod(nodeSelector={"a": "1", "b": "2"}),
        [("extra-field", "spec.template.spec.nodeSelector.b", None, "2")],
    ),
    "a list replaced whole": (
        main(env=[{"$patch": "replace"}, {"name": "A", "value": "1"}]), env({"name": "A", "value": "1"}, {"name": "B", "value": "2"}),
        [("extra-field", f"{ENV}[B]", None, {"name": "B", "value": "2"})],
    ),
    "directives about order": (main(**{"$setElementOrder/env": [{"name": "A"}], "env": [{"name": "A"}]}), env({"name": "A"}), []),
}  # fmt: skip


@pytest.mark.parametrize("case", PATCHES)
def test_patches_say_what_must_not_be_there(case: str):
    """Nulls and directives of strategic-merge patches."""
    want, have, expected = PATCHES[case]
    assert told(want, have, Role.PATCH) == expected


def test_a_mapping_to_delete_that_is_not_there_is_no_difference():
    """The patch has done its work."""
    assert told(pod(securityContext={"$patch": "delete"}), pod(), Role.PATCH) == []


def test_a_text_that_is_another_altogether_is_one_difference():
    """Rather than a hundred; up to a hundred they are told one by one."""
    for count, changes_told in ((100, 100), (101, 1)):
        other = "".join(f"k{n}: 1\n" for n in range(count)) + "a: 1\n"
        assert len(told(config_map(p="a: 1"), config_map(p=other))) == changes_told


def test_endless_names_are_cut():
    """A live object's keys may have any length."""
    ((_, words, _, _),) = told(config_map(p="a: 1"), config_map(p=f"a: 1\n{'k' * 1020}: 1"))
    assert len(words) == 1001


def test_hostile_shapes_are_differences_and_nothing_worse():
    """Whatever a dump holds where our fields should be."""
    want = pod(containers=[{"name": "main", "env": [{"name": "A", "value": "1"}]}])
    for have in ([], "x", 1, None, {"template": None}, {"template": {"spec": {"containers": "x"}}},
                 {"template": {"spec": {"containers": [1, None]}}},
                 {"template": {"spec": {"containers": [{"name": ["main"]}, {"name": {}}]}}},
                 {"template": {"spec": {"containers": [{"name": "main", "env": [{"name": "A"}, {"name": "A"}]}]}}}):  # fmt: skip
        found = told(want, {**want, "spec": have})
        assert len(found) == 1, have


def test_objects_without_any_metadata_are_nobody():
    """They are not mistaken for a planned one."""
    assert planned(config_map()).key.name == "one"
    from backstay.diff.stored import against_stored

    odd: list[Any] = [{}, {"metadata": []}, {"apiVersion": 1, "kind": None, "metadata": {"name": 3}}]
    (change,) = against_stored([planned(config_map(a="1"))], odd)
    assert change.kind.value == "missing-object"

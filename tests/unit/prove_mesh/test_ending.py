"""How a server's pod ends: read from what is emitted, else what Kubernetes and Istio do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from backstay.core.fact import Origin, OriginKind
from backstay.core.manifest import Role, Settled
from backstay.prove.mesh.drain import takes
from backstay.prove.mesh.ending import Ending, Sidecar, ending
from backstay.prove.mesh.objects import Emitted
from backstay.prove.mesh.setting import Setting
from support.proving import setting_of

CLASSIC, NATIVE = {"version": "1.26"}, {"version": "1.30"}
CONFIG = "proxy.istio.io/config"


def patch(name: str, template: Any, namespace: str = "kubeflow", kind: str = "Deployment") -> Settled:
    """A workload's patch, as the emitters make them."""
    value = {
        "apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": template},
    }  # fmt: skip
    return Settled("p.yaml", Role.PATCH, value, {}, Origin(OriginKind.FIXED, "test"))


def told(istio: dict, *patches: Settled, server: bool = True) -> Ending:
    """How the metadata store's pod ends with some patches and no others."""
    setting = setting_of(istio=istio, client=True, server=server)
    kept = [one for one in setting.emitted.settled if one.role is not Role.PATCH]
    return ending(Setting(Emitted(setting.emitted.cluster, [*kept, *patches]), setting.call))


def test_without_a_word_the_versions_decide():
    """Classic before Istio 1.27, native since; nobody has to drain a sidecar that is not there."""
    assert told(CLASSIC) == Ending(Sidecar.CLASSIC, is_stated=False)
    assert told(NATIVE) == Ending(Sidecar.NATIVE, is_stated=False)
    assert told(NATIVE, server=False).sidecar is Sidecar.NONE
    assert told(NATIVE).words == "native sidecar, grace 30s; nothing is emitted for its pods"


def test_annotations_decide_over_versions():
    """Either way."""
    notes = {"metadata": {"annotations": {"sidecar.istio.io/nativeSidecar": "false"}}}
    assert told(NATIVE, patch("metadata-grpc-deployment", notes)).sidecar is Sidecar.CLASSIC
    notes = {"metadata": {"annotations": {"sidecar.istio.io/nativeSidecar": "true"}}}
    assert told(CLASSIC, patch("metadata-grpc-deployment", notes)).sidecar is Sidecar.NATIVE


def test_numbers_of_several_patches_are_taken_together():
    """The drain from the annotation, the hook of the container that both know, the grace period."""
    spec = {"containers": [{"name": "container", "args": ["a"]}], "terminationGracePeriodSeconds": 120}
    notes = {"annotations": {CONFIG: "{terminationDrainDuration: 95s}"}}
    hook = {"containers": [{"name": "container", "lifecycle": {"preStop": {"sleep": {"seconds": 7}}}}]}
    found = told(
        CLASSIC,
        patch("metadata-grpc-deployment", {"spec": spec}),
        patch("metadata-grpc-deployment", {"metadata": notes, "spec": hook}),
    )
    assert found == Ending(Sidecar.CLASSIC, 120_000, 95_000, 7_000)
    assert found.words == "classic sidecar that drains for 1m35s, preStop 7s, grace 2m"


def test_a_sidecar_may_wait_for_its_connections():
    """For a minimum of time in any case."""
    proxy = "{proxyMetadata: {EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'true', MINIMUM_DRAIN_DURATION: 8s}}"
    found = told(CLASSIC, patch("metadata-grpc-deployment", {"metadata": {"annotations": {CONFIG: proxy}}}))
    assert found.minimum == 8_000
    assert found.words == "classic sidecar that waits for its connections, grace 30s"


def test_a_hook_may_be_a_command():
    """The words that kubelet's own `sleep` replaced."""
    hook = {"exec": {"command": ["sh", "-c", "touch /gone && sleep 12"]}}
    spec = {"containers": [{"name": "container", "lifecycle": {"preStop": hook}}]}
    assert told(NATIVE, patch("metadata-grpc-deployment", {"spec": spec})).pre_stop == 12_000


@pytest.mark.parametrize(
    "other",
    [
        patch("metadata-grpc-deployment", {"spec": {"terminationGracePeriodSeconds": 5}}, namespace="other"),
        patch("ml-pipeline", {"spec": {"terminationGracePeriodSeconds": 5}}),
        patch("metadata-grpc-deployment", {"spec": {"terminationGracePeriodSeconds": 5}}, kind="Service"),
        patch("metadata-grpc-deployment", {"metadata": {"annotations": {CONFIG: "{"}}}),
        patch("metadata-grpc-deployment", ["no template"]),
        patch(
            "metadata-grpc-deployment", {"spec": {"terminationGracePeriodSeconds": "soon", "containers": 3}}
        ),
    ],
)
def test_what_is_about_others_or_cannot_be_read_changes_nothing(other: Settled):
    """Another namespace, workload or kind; texts that are no YAML; shapes that are none."""
    assert replace(told(NATIVE, other), is_stated=False) == told(NATIVE)


def test_labels_tell_a_workload_by_any_name():
    """Where the service states them, and the spec does not name the workload."""
    setting = setting_of(istio=NATIVE, client=True, server=True)
    service = replace(setting.call.service, workload=None)
    labels = {key: fact.value for key, fact in service.labels.items()}
    assert labels
    template = {"metadata": {"labels": labels}, "spec": {"terminationGracePeriodSeconds": 77}}
    other = patch("other", {"spec": {"terminationGracePeriodSeconds": 5}})
    emitted = Emitted(setting.emitted.cluster, [patch("anything", template, kind="StatefulSet"), other])
    assert ending(Setting(emitted, replace(setting.call, service=service))).grace == 77_000


def test_calls_of_a_trial_end_before_their_deadline_would():
    """Else it is the deadline that cuts them, whatever the pod does."""
    call = {"from": "trainers", "to": "metadata"}
    assert takes(setting_of(istio=NATIVE, calls=[call]), 90_000) == 90_000
    assert takes(setting_of(istio=NATIVE, calls=[{**call, "deadline": "5s"}]), 5_000) == 4_500
    assert takes(setting_of(istio=NATIVE, calls=[{**call, "deadline": "2h"}]), 90_000) == 90_000


def test_calls_of_a_trial_end_before_their_route_takes_a_try_for_lost():
    """The caller's sidecar gives one of three tries a part of the deadline; without a sidecar there is no route."""
    call = {"from": "trainers", "to": "metadata", "deadline": "30s", "idempotent": True}
    retries = {"calls": {"attempts": 3, "initial": "50ms"}}
    routed = setting_of(istio=NATIVE, client=True, calls=[call], retries=retries)
    (route,) = routed.emitted.cluster.network.routes
    assert route.per_try is not None
    assert takes(routed, 90_000) == route.per_try.value * 9 // 10 < 9_000
    assert takes(setting_of(istio=NATIVE, calls=[call], retries=retries), 90_000) == 27_000

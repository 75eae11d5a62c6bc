"""`backstay audit --context`: what manifests turn, held against boxes and silence that a person states."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.conftest import Repository

SERVER = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{name: grpc, port: 9000}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: "registry.example/api:1"}]}
"""
CONTEXT = """\
network:
  boxes: {fw: {preset: firewall, idle: 300s}}
  services: {api: {host: api.shop.svc.cluster.local, port: 9000, protocol: grpc, runtime: go}}
  calls: [{from: web, to: api, via: [fw], silentFor: 1h}]
"""
RULE = """\
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: api, namespace: shop}
spec:
  host: api.shop.svc.cluster.local
  trafficPolicy: {connectionPool: POOL}
"""
HCM = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
FILTER = f"""\
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {{name: api, namespace: shop}}
spec:
  priority: 10
  workloadSelector: {{labels: {{app: api}}}}
  configPatches:
    - applyTo: NETWORK_FILTER
      match: {{context: SIDECAR_INBOUND, listener: {{filterChain: {{filter: {{name: envoy.filters.network.http_connection_manager}}}}}}}}
      patch:
        operation: MERGE
        value:
          typed_config:
            "@type": {HCM}
            http2_protocol_options: {{connection_keepalive: {{interval: 60s, timeout: 20s}}}}
"""
MESH = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    tcpKeepalive: {time: 10s, interval: 5s, probes: 3}
"""


def audit(
    repository: Repository,
    *objects: str,
    platform: str = "kubernetes=1.36,istio=1.30",
    context: str = CONTEXT,
):
    """Exit code, findings as rule, object, field and place, and notes."""
    repository.text("apps/a.yaml", "---\n".join((SERVER, *objects)))
    repository.text("context.yaml", context)
    ran = repository.backstay(
        "audit", "apps", "--platform", platform, "--context", "context.yaml", "--format", "json"
    )
    found = [
        (
            one["rule"],
            one["object"] and one["object"]["kind"],
            one["field"],
            f"{one['place']['file']}:{one['place']['line']}",
        )
        for one in json.loads(ran.out or '{"diagnostics": []}')["diagnostics"]
    ]
    return ran.code, found, ran.err


def test_a_hop_that_nobody_pings_is_found_at_the_service(repository: Repository) -> None:
    """The manifests turn nothing, so the box forgets the connection."""
    code, found, err = audit(repository)
    assert (code, found) == (1, [("MSH002", "Service", "spec.ports", "apps/a.yaml:8")])
    assert "not judged" not in err


def test_help_speaks_of_manifests(repository: Repository) -> None:
    """A person without a spec has no overrides to write."""
    repository.text("apps/a.yaml", SERVER)
    repository.text("context.yaml", CONTEXT)
    arguments = ("audit", "apps", "--platform", "kubernetes=1.36,istio=1.30", "--context", "context.yaml")
    help_ = json.loads(repository.backstay(*arguments, "--format", "json").out)["diagnostics"][0]["help"]
    rule = "connectionPool: {tcp: {tcpKeepalive: {time: 2m30s, interval: 10s, probes: 3}}}"
    assert f"write `{rule}` into a DestinationRule for api.shop.svc.cluster.local" in help_
    assert "overrides" not in help_


@pytest.mark.parametrize(
    ("objects", "platform"),
    [
        ([FILTER], "istio=1.30"),
        (
            [RULE.replace("POOL", "{tcp: {tcpKeepalive: {time: 60s, interval: 10s, probes: 3}}}")],
            "istio=1.30",
        ),
        ([MESH], "istio=1.30"),
    ],
    ids=["connection manager", "probes", "probes of the whole mesh"],
)
def test_whatever_keeps_it_open_is_seen(repository: Repository, objects: list[str], platform: str) -> None:
    """Pings of the server's sidecar, probes of the caller's."""
    _, found, _ = audit(repository, *objects, platform=f"kubernetes=1.36,{platform}")
    assert "MSH002" not in [rule for rule, *_ in found]
    assert found == []


def test_pings_of_a_rule_are_found_where_they_are_too_slow(repository: Repository) -> None:
    """At the field of the DestinationRule, not in the context."""
    pool = "{http: {http2KeepAlive: {interval: 400s, timeout: 20s}}}"
    _, found, _ = audit(repository, RULE.replace("POOL", pool), platform="kubernetes=1.36,istio=1.31")
    field = "spec.trafficPolicy.connectionPool.http.http2KeepAlive.interval"
    assert ("MSH001", "DestinationRule", field, "apps/a.yaml:24") in found


def test_a_filter_for_others_keeps_nothing_open(repository: Repository) -> None:
    """Its labels, its namespace and its side have to be the server's."""
    for near_miss in (
        FILTER.replace("{app: api}", "{app: other}"),
        FILTER.replace("namespace: shop", "namespace: other"),
        FILTER.replace("SIDECAR_INBOUND", "SIDECAR_OUTBOUND"),
    ):
        _, found, _ = audit(repository, near_miss)
        assert ("MSH002", "Service", "spec.ports", "apps/a.yaml:8") in found


def test_arguments_of_programs_are_seen(repository: Repository) -> None:
    """A server without a sidecar that pings by itself."""
    alone = SERVER.replace("{app: api}}\n    spec", "{app: api, sidecar.istio.io/inject: 'false'}}\n    spec")
    args = "args: ['--grpc_channel_arguments=grpc.keepalive_time_ms=60000,grpc.keepalive_permit_without_calls=1,grpc.http2.max_pings_without_data=0']"
    context = CONTEXT.replace("runtime: go", "runtime: core").replace(
        "calls:", "clients: {web: {sidecar: false}}\n  calls:"
    )
    repository.text("context.yaml", context)
    for text, rules in (
        (alone, ["MSH002"]),
        (alone.replace("name: api, image", f"name: api, {args}, image"), []),
    ):
        repository.text("apps/a.yaml", text)
        ran = repository.backstay("audit", "apps", "--platform", "kubernetes=1.36,istio=1.30", "--context", "context.yaml",
                                  "--format", "json")  # fmt: skip
        found = [one["rule"] for one in json.loads(ran.out)["diagnostics"] if one["severity"] == "error"]
        assert found == rules


def test_without_a_context_it_is_said_what_is_not_judged(repository: Repository) -> None:
    """Nothing is guessed."""
    repository.text("apps/a.yaml", SERVER)
    ran = repository.backstay("audit", "apps", "--platform", "kubernetes=1.36,istio=1.30")
    assert (ran.code, ran.out) == (0, "")
    assert "note: not judged: " in ran.err
    assert "MSH001, MSH002" in ran.err


def test_without_kubernetes_a_context_is_not_used_and_that_is_said(repository: Repository) -> None:
    """A model needs its version."""
    _, found, err = audit(repository, platform="istio=1.30")
    assert found == []
    assert "without it the context is not used" in err


@pytest.mark.parametrize(
    ("context", "rule", "line"),
    [
        (CONTEXT + "storage: {}\n", "AUD003", 5),
        (CONTEXT.replace("silentFor", "silentfor"), "SPC001", 4),
        (CONTEXT.replace("via: [fw]", "via: [wall]"), "SPC", 4),
    ],
)
def test_a_context_that_cannot_be_is_a_bad_call(
    repository: Repository, context: str, rule: str, line: int
) -> None:
    """Judged by the spec's own model, and placed in its file."""
    repository.text("apps/a.yaml", SERVER)
    repository.text("context.yaml", context)
    ran = repository.backstay(
        "audit", "apps", "--platform", "kubernetes=1.36,istio=1.30", "--context", "context.yaml"
    )
    assert ran.code == 2
    assert rule in ran.out + ran.err
    assert f"context.yaml:{line}" in ran.out + ran.err


JOB = """\
apiVersion: kubeflow.org/v1
kind: PyTorchJob
metadata: {name: train, namespace: team-a}
spec:
  runPolicy: {cleanPodPolicy: Running}
  pytorchReplicaSpecs:
    Worker: {restartPolicy: OnFailure, template: {spec: {containers: [{name: pytorch, image: "registry.example/train:1"}]}}}
---
apiVersion: config.kueue.x-k8s.io/v1beta2
kind: Configuration
"""


@pytest.mark.parametrize(("strategy", "rules"), [("none", ["JOB004"]), ("self-node-remediation", [])])
def test_who_frees_lost_pods_may_be_stated(repository: Repository, strategy: str, rules: list[str]) -> None:
    """What fences nodes is not among the manifests of a team."""
    repository.text("apps/a.yaml", JOB)
    repository.text("context.yaml", f"termination: {{nodeLoss: {{recoverIn: 15m, strategy: {strategy}}}}}\n")
    arguments = (
        "audit",
        "apps",
        "--platform",
        "kubernetes=1.36,kueue=0.19,training-operator=1.9",
        "--format",
        "json",
    )
    alone = repository.backstay(*arguments)
    assert [one["rule"] for one in json.loads(alone.out)["diagnostics"]] == ["JOB004"]
    ran = repository.backstay(*arguments, "--context", "context.yaml")
    assert [one["rule"] for one in json.loads(ran.out)["diagnostics"]] == rules

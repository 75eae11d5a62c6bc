"""docs/guide.md, taken at its word."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from backstay.text.yaml import parse
from support.repository import REPO

if TYPE_CHECKING:
    from cli.conftest import Repository

GUIDE = (REPO / "docs/guide.md").read_text(encoding="utf-8")
FILTER = "overlays/first/component/mesh/envoyfilter-keepalive-inbound-metadata-kubeflow.yaml"


def _merged(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **{key: _merged(below.get(key), value) for key, value in above.items()}}
    return above


@pytest.fixture
def parts() -> list[Any]:
    """The YAML of the page: a cluster, a path, a pin, gateways, memory, a profile."""
    found = [parse(block) for block in re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)]
    assert [sorted(part) for part in found][1:3] == [["network"], ["network"]]
    return found


def _write(repository: Repository, *parts: Any) -> None:
    spec: Any = {}
    for part in parts:
        spec = _merged(spec, part)
    repository.text("specs/clusters/first.yaml", json.dumps(spec, indent=1))


def test_each_step_compiles_without_a_finding_that_stops(repository: Repository, parts: list[Any]) -> None:
    """The cluster, then the path, which brings an interval of the length that the page names, then the pin."""
    cluster, path, pin, gateways, *_ = parts
    for command in re.findall(r"^(backstay \w+) +#", GUIDE, re.MULTILINE):
        _write(repository, cluster)
        assert repository.backstay(*command.split()[1:]).code == 0
    assert {"first", "fleet"} == {name.split("/")[0] for name in repository.tree()}
    _write(repository, cluster, path)
    assert repository.backstay("compile").code == 0
    assert "tells why it says 60s" in GUIDE
    assert "interval: 60s" in (repository.root / FILTER).read_text()
    _write(repository, cluster, path, pin)
    assert repository.backstay("compile").code == 0
    assert "interval: 30s" in (repository.root / FILTER).read_text()
    _write(repository, cluster, path, pin, gateways)
    assert repository.backstay("compile").code == 0
    found = {name for name in repository.tree() if name.startswith("first/component/mesh/")}
    assert {
        "envoyfilter-gateway-public-istio-ingress.yaml",
        "envoyfilter-keepalive-gateway-public-to-features-istio-ingress.yaml",
    } <= {name.rpartition("/")[2] for name in found}


def test_callers_and_pods_get_what_the_page_says(repository: Repository, parts: list[Any]) -> None:
    """The ConfigMap, the programs and the patch, by the names of the table."""
    cluster, path = parts[:2]
    callers = next(part for part in parts if "retries" in part)
    _write(repository, cluster, path, callers)
    assert repository.backstay("compile").code == 0
    tree = repository.tree()
    variables = parse(tree["first/component/callers/configmap-calls-of-shop-team-a.yaml"].decode())["data"]
    assert variables["ORDERS_DB_MAX_OPEN_CONNS"] == "45"
    assert '"maxAttempts":3' in variables["PRICES_GRPC_SERVICE_CONFIG"]
    names = {name.rpartition("/")[2] for name in tree if name.startswith("first/bundle/clients/shop/")}
    assert names == {"orders_db_pool.go", "prices_channel.go"}
    assert "first/component/patches/deployment-prices-shop-serving.yaml" in tree


def test_training_jobs_get_the_numbers_of_the_page(repository: Repository, parts: list[Any]) -> None:
    """Grace period, toleration and restarts are what the table says."""
    cluster, jobs = parts[0], next(part for part in parts if "workloads" in part)
    _write(repository, cluster, jobs)
    assert repository.backstay("compile").code == 0
    runtime = repository.tree()["first/component/training/trainingruntime-train-vision-team-a.yaml"].decode()
    for line in re.findall(r"^\| `(\w+: \d+)`(?:, `(\w+: \d+)`)?", GUIDE, re.MULTILINE):
        assert all(one in runtime for one in line if one), line


def test_budgets_limit_what_runs_at_once(repository: Repository, parts: list[Any]) -> None:
    """The numbers and files that the page names."""
    cluster, memory = parts[0], next(part for part in parts if "memory" in part)
    _write(repository, cluster, memory)
    assert repository.backstay("compile").code == 0
    run = parse((repository.root / "overlays/first/bundle/zenml/run-churn.yaml").read_text())
    assert run["settings"]["orchestrator"]["max_parallelism"] == 2
    assert "`max_parallelism: 2`" in GUIDE
    made = {name.rpartition("/")[2] for name in repository.tree()}
    assert {
        "stack-kubernetes.yaml",
        "kueue.yaml",
        "clusterqueue-zenml.yaml",
        "localqueue-zenml-zenml.yaml",
    } <= made
    _write(repository, cluster, memory, {"workloads": {"churn": {"overrides": {"maxParallelism": 10}}}})
    found = repository.backstay("check", "--format", "json").findings
    assert "JOB035" in {one["rule"] for one in found}


def test_a_pin_that_the_firewall_outlasts_is_an_error_at_the_pin(
    repository: Repository, parts: list[Any]
) -> None:
    """As the page says."""
    cluster, path, pin, *_ = parts
    _write(
        repository, cluster, path, pin, {"network": {"overrides": {"metadata": {"keepaliveInterval": "10m"}}}}
    )
    found = [f for f in repository.backstay("check", "--format", "json").findings if f["severity"] == "error"]
    assert "network.overrides.metadata.keepaliveInterval" in {f["place"]["path"] for f in found}


def test_a_profile_holds_what_clusters_share(repository: Repository, parts: list[Any]) -> None:
    """A box of the profile serves as one of the cluster's own."""
    cluster, path, *_, profile = parts
    _write(repository, cluster, path)
    assert repository.backstay("compile").code == 0
    own = repository.tree()[FILTER.removeprefix("overlays/")]
    repository.text("specs/profiles/datacentre.yaml", json.dumps(profile))
    shared = {"network": {"boxes": {}}, "extends": ["datacentre"]}
    _write(
        repository, cluster, {"network": {k: v for k, v in path["network"].items() if k != "boxes"}}, shared
    )
    assert repository.backstay("compile").code == 0
    merged = repository.tree()[FILTER.removeprefix("overlays/")]
    assert parse(merged.decode()) == parse(own.decode())

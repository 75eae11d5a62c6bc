"""Specs as plain values to the model, and what rules find in it: no emitters, no objects."""

from collections.abc import Mapping

from backstay.check import engine
from backstay.check.context import Context
from backstay.core.diagnostic import Diagnostic
from backstay.model.cluster import Cluster
from backstay.resolve.cluster import resolve
from backstay.spec.parse import parse


def model(value: Mapping[str, object]) -> Cluster:
    """The model of a spec that is sound."""
    spec, findings = parse(value)
    assert spec is not None, findings
    cluster, found = resolve(spec)
    assert cluster is not None, found
    return cluster


def findings(cluster: Cluster) -> list[Diagnostic]:
    """What the mesh rules find in a model."""
    context = Context((), cluster.features, cluster.versions, cluster)
    return [found for found in engine.run(context) if found.rule.startswith("MSH")]

"""Upstream's own installs and samples against the schemas of their versions.

What is known to be wrong with a file is listed; everything else has to pass.
"""

from pathlib import Path

import pytest
import ryaml

from backstay.check.schema import SchemaSet, judge
from support.objects import item
from support.repository import NO_FIXTURES

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures"
KUBERNETES = "1.33"
VERSIONS = {
    "installs/kfp-2.0.5-platform-agnostic": {},
    "installs/kfp-2.5.0-platform-agnostic": {},
    "installs/kfp-2.5.0-multi-user": {"istio": "1.24"},
    "installs/kfp-2.17.0-platform-agnostic": {},
    "installs/training-operator-1.9.4-standalone": {},
    "istio/kubeflow-manifests-1.10.2": {"istio": "1.26"},
    "istio/kubeflow-manifests-1.7.0": {"istio": "1.22"},
    "gitops/argo-cd-3.5.1": {"argo_cd": "3.5"},
    "gitops/flux-kustomize-controller-1.9.4": {"flux": "2.9"},
    "gitops/flux-source-controller-1.9.1": {"flux": "2.9"},
    "jobs/argo-workflows-3.5.14": {"workflows": "3.5"},
    "jobs/jobset-0.12.0": {"jobset": "0.12"},
    "jobs/kueue-0.19.2": {"kueue": "0.19"},
    "jobs/medik8s": {"node_healthcheck_operator": "0.12"},
    "jobs/trainer-2.3.0": {"trainer": "2.3"},
    "jobs/training-operator-1.9.4": {"training_operator": "1.9"},
}
BROKEN = {
    "common__istio__add-anonymous-user-filter__base__envoy-filter.yaml": {
        "SCH001"
    },  # the API before Istio 1.5
    "applicationset.yaml": {"SCH001", "SCH002"},  # documentation: the fields of all generators in one object
    "jobs__sample-xgboostjob.yaml": {"SCH002"},  # a quantity of 0.5 without quotes
}
"""Files with mistakes of upstream's own, and the rules that find them."""


@pytest.mark.parametrize("folder", VERSIONS)
def test_upstream_objects_fit_the_schemas_of_their_version(folder):
    """No file is called wrong but those that are."""
    if not FIXTURES.is_dir():
        pytest.skip(NO_FIXTURES)
    schemas = SchemaSet(kubernetes=KUBERNETES, **VERSIONS[folder])
    files = sorted((FIXTURES / folder).glob("*.yaml"))
    assert files
    errors = {file.name: found for file in files if (found := _errors(schemas, file))}
    assert errors == {name: rules for name, rules in BROKEN.items() if (FIXTURES / folder / name).exists()}


def _errors(schemas: SchemaSet, file: Path) -> set[str]:
    objects = [one for one in ryaml.loads_all(file.read_text()) if isinstance(one, dict) and "kind" in one]
    findings = judge(schemas, [item(one, file=file.name) for one in objects])
    return {finding.rule for finding in findings if finding.severity == "error"}

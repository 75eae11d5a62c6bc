"""Which schema judges: the cluster's versions, the nearest at hand, and what is said when there is none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstay.check.schema import Lookup, SchemaSet, judge
from backstay.check.schemas import kubernetes, shelf
from backstay.check.schemas.versions import nearest
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.failure import CannotTell
from backstay.upstream.catalog import SYSTEMS
from support.objects import CONFIG_MAP, DESTINATION_RULE, item, obj, put

KEEPALIVE = put(
    DESTINATION_RULE,
    "spec",
    "trafficPolicy",
    {"connectionPool": {"http": {"http2KeepAlive": {"interval": "30s"}}}},
)


def found(value, **versions) -> list[Diagnostic]:
    """What the schemas of some versions say of an object."""
    return list(judge(SchemaSet(**versions), [item(value)]))


def rules(value, **versions) -> list[str]:
    """As above, the rules only."""
    return [finding.rule for finding in found(value, **versions)]


@pytest.mark.parametrize("line", SYSTEMS["kubernetes"].lines)
def test_every_supported_kubernetes_is_at_hand(line):
    """Each is judged by its own schemas, so nothing is said about versions."""
    assert rules(CONFIG_MAP, kubernetes=line) == []
    assert kubernetes.object_meta(line)["ObjectMeta"]["additionalProperties"] is False


@pytest.mark.parametrize("line", SYSTEMS["istio"].lines)
def test_every_supported_istio_is_at_hand(line):
    """http2KeepAlive came with 1.31 (istio.io/api, destination_rule.proto): an error, and no doubt, before it."""
    assert [(one.rule, one.severity) for one in found(KEEPALIVE, istio=line)] == (
        [] if line == "1.31" else [("SCH001", Severity.ERROR)]
    )


@pytest.mark.parametrize("line", ["3.4", "3.5", "3.6", "3.7"])
def test_workflows_of_each_line_are_judged(line):
    """Argo Workflows' full schemas, which its default installation leaves out."""
    workflow = obj(
        "argoproj.io/v1alpha1", "Workflow", spec={"entrypoint": "a", "templates": [{"name": "a", "dagg": {}}]}
    )
    assert rules(workflow, workflows=line) == ["SCH001"]


def test_a_patch_release_is_of_its_line():
    """`v1.30.2` is judged by 1.30."""
    assert rules(KEEPALIVE, istio="v1.30.2") == ["SCH001"]
    assert rules(KEEPALIVE, istio="1.31.4") == []


def test_a_newer_version_is_judged_by_the_newest_and_says_so():
    """The old schema may miss new fields: its findings are warnings, and a note tells why."""
    unknown = put(DESTINATION_RULE, "spec", "flux", {})
    warned, note = found(unknown, istio="1.99")
    assert (warned.rule, warned.severity) == ("SCH001", Severity.WARNING)
    assert warned.message == "unknown field `spec.flux` (by the schema of istio 1.31)"
    assert (note.rule, note.severity) == ("SCH006", Severity.INFO)
    assert note.message == "istio 1.99 is judged by the schemas of 1.31"
    assert note.object is None


def test_the_note_comes_once_for_all_objects():
    """A product that is judged by another version is told once, not for each object."""
    items = [item(put(KEEPALIVE, "metadata", "name", name)) for name in "abc"]
    assert [one.rule for one in judge(SchemaSet(istio="1.99"), items)] == ["SCH006"]


def test_a_gap_is_judged_by_the_line_before():
    """Flux 2.8 has no kustomize-controller module at hand: 2.7's judges."""
    kustomization = obj(
        "kustomize.toolkit.fluxcd.io/v1",
        "Kustomization",
        spec={"interval": "10m", "prune": True, "sourceRef": {"kind": "GitRepository", "name": "one"}},
    )
    (note,) = found(kustomization, flux="2.8")
    assert note.message == "flux 2.8 is judged by the schemas of 2.7"


def test_without_a_version_the_newest_judges_in_silence():
    """Nobody said what runs, so there is nothing to deviate from."""
    assert rules(KEEPALIVE) == []


@pytest.mark.parametrize("versions", [{"istio": "1.21"}, {"kubernetes": "1.24"}])
def test_a_version_older_than_all_is_not_judged(versions):
    """A newer schema would forbid and allow other things: that is no verdict, and it is said."""
    value = KEEPALIVE if "istio" in versions else CONFIG_MAP
    ((product, version),) = versions.items()
    (finding,) = found(value, **versions)
    assert (finding.rule, finding.severity) == ("SCH005", Severity.WARNING)
    assert finding.message.endswith(f"is at hand for {product} {version}")


def test_an_unknown_kind_is_told_apart_from_a_good_one():
    """No schema, no verdict: a warning, with the near name when there is one."""
    (finding,) = found(obj("example.com/v1", "Widget"))
    assert (finding.rule, finding.severity) == ("SCH005", Severity.WARNING)
    assert finding.message == "no schema of `Widget` under `example.com/v1` is at hand"
    (near,) = found(obj("networking.istio.io/v1alpha3", "EnvoyFilters"))
    assert near.help == "did you mean `EnvoyFilter`?"


def test_a_kind_that_kubernetes_does_not_serve_is_an_error():
    """Kubernetes' own groups are known in full; the versions that do serve the kind are named."""
    (moved,) = found(obj("batch/v1beta1", "CronJob"), kubernetes="1.36")
    assert (moved.rule, moved.severity) == ("SCH004", Severity.ERROR)
    assert moved.message == "kubernetes 1.36 serves no `CronJob` under `batch/v1beta1`"
    assert moved.help == "it is served under `batch/v1`"
    (misspelt,) = found(obj("v1", "ConfigMapp"), kubernetes="1.36")
    assert misspelt.help == "did you mean `ConfigMap`?"
    (strange,) = found(obj("v1", "Widget"), kubernetes="1.36")
    assert strange.help == "write the object for a version that is served, or correct `platform`"


def test_kinds_come_and_go_with_kubernetes_versions():
    """MutatingAdmissionPolicy left alpha for beta in 1.34 (kubernetes CHANGELOG-1.34)."""
    policy = obj("admissionregistration.k8s.io/v1beta1", "MutatingAdmissionPolicy")
    assert rules(policy, kubernetes="1.30") == ["SCH004"]
    assert "SCH004" not in rules(policy, kubernetes="1.36")


def test_parts_of_objects_are_no_kinds():
    """The folder of schemas also holds PodSpec and the like, which nobody can apply."""
    assert rules(obj("v1", "PodSpec")) == ["SCH004"]


def test_a_newer_kubernetes_may_serve_what_the_newest_at_hand_does_not():
    """Then nothing is known of the kind."""
    assert rules(obj("batch/v9", "Job"), kubernetes="1.99") == ["SCH005"]


def test_a_kind_under_a_version_that_its_project_does_not_serve_is_an_error():
    """EnvoyFilter stayed at v1alpha3; AuthorizationPolicy never was v1alpha1."""
    (finding,) = found(obj("networking.istio.io/v1", "EnvoyFilter"), istio="1.30")
    assert finding.rule == "SCH004"
    assert finding.message == "istio 1.30 serves no `EnvoyFilter` under `networking.istio.io/v1`"
    assert finding.help == "it is served under `networking.istio.io/v1alpha3`"


def test_a_kind_that_came_later_is_an_error_before():
    """TrafficExtension is new in Istio 1.30 (istio.io/api, extensions/v1alpha1)."""
    extension = obj("extensions.istio.io/v1alpha1", "TrafficExtension")
    assert rules(extension, istio="1.29") == ["SCH004"]
    assert "SCH004" not in rules(extension, istio="1.30")


def test_a_kind_that_went_is_served_no_more():
    """An entry remembers from which version on which file holds, and from which on none does."""
    entry = shelf.Entry("one", ("1.1", "1.2", "1.10"), (("1.1", "a.json"), ("1.2", "b.json"), ("1.10", None)))
    held = [entry.file(line) for line in ("1.0", "1.1", "1.2", "1.9", "1.10", "1.11")]
    assert held == [None, "a.json", "b.json", "b.json", None, None]


def test_groups_that_other_projects_share_are_not_claimed():
    """kubeflow.org/v2beta1 is the MPI operator's, not a mistake in a training-operator object."""
    assert rules(obj("kubeflow.org/v2beta1", "MPIJob")) == ["SCH005"]


def test_versions_come_from_a_plain_mapping_too():
    """Products without kinds of their own are passed over."""
    made = SchemaSet.of({"kubernetes": "1.36", "istio": "1.30", "pipelines": "2.15"})
    assert made == SchemaSet(kubernetes="1.36", istio="1.30")


@given(st.integers(0, 60), st.sets(st.integers(0, 60), max_size=6))
def test_the_nearest_is_the_newest_that_is_not_newer(asked, at_hand):
    """The lookup, for any versions."""
    lookup = nearest("istio", f"1.{asked}", [f"1.{minor}" for minor in at_hand])
    fit = [minor for minor in at_hand if minor <= asked]
    assert lookup == Lookup("istio", f"1.{asked}", f"1.{max(fit)}" if fit else None)
    assert lookup.exact == (asked in at_hand)


def test_kubernetes_groups_are_those_of_its_schemas():
    """Every group that any version at hand serves is known as Kubernetes' own."""
    groups = {
        kind["group"]
        for line in kubernetes.lines()
        for part in kubernetes._definitions(line).all()
        for kind in part.get("x-kubernetes-group-version-kind", ())
    }
    assert groups
    assert groups <= kubernetes.GROUPS


def test_definitions_are_found_in_any_layout():
    """The text is searched by its indentation; without any it is laid out first."""
    definitions = {"$defs": {"io.one": {"type": "string"}, "io.two": {"enum": ['"']}}}
    for text in (json.dumps(definitions), json.dumps(definitions, indent=2)):
        read = kubernetes.Definitions(text)
        assert read.get("io.two") == {"enum": ['"']}
        assert list(read.all()) == list(definitions["$defs"].values())


def test_without_the_schemas_there_is_no_verdict(monkeypatch):
    """A missing package is no finding and no pass: the command cannot tell."""
    monkeypatch.setattr(kubernetes, "find_spec", lambda _: None)
    with pytest.raises(CannotTell, match="kubernetes-validate is not installed"):
        kubernetes._root.__wrapped__()

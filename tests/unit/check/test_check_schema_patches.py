"""Patches against the relaxed schemas: parts of objects, where a misspelt field is still found."""

import pytest

from backstay.check.schema import SchemaSet, judge
from support.objects import GOOD, item, obj

CLUSTER = SchemaSet(kubernetes="1.36", istio="1.30")


def said(value) -> list[tuple[str, str | None]]:
    """Rule and field of each finding about a patch."""
    return [(finding.rule, finding.field) for finding in judge(CLUSTER, [item(value, partial=True)])]


def patch(*containers) -> dict:
    """A patch of a Deployment's containers."""
    return obj("apps/v1", "Deployment", spec={"template": {"spec": {"containers": list(containers)}}})


@pytest.mark.parametrize("value", GOOD, ids=lambda value: f"{value['kind']}.{value['apiVersion']}")
def test_an_empty_patch_of_any_kind_passes(value):
    """Nothing is required of a part."""
    assert said({"apiVersion": value["apiVersion"], "kind": value["kind"], "metadata": {"name": "one"}}) == []


def test_a_part_of_a_container_passes():
    """Image, selector and the rest are in the object that is patched."""
    assert said(patch({"name": "main", "args": ["--a=1"], "env": [{"name": "A", "value": "1"}]})) == []


def test_a_misspelt_field_in_a_patch_is_found():
    """The patch tool copies it into the object without a word."""
    assert said(patch({"name": "main", "arguments": []})) == [
        ("SCH001", "spec.template.spec.containers[0].arguments")
    ]


def test_a_wrong_value_in_a_patch_is_found():
    """Values are judged as in whole objects."""
    assert said(patch({"name": "main", "args": [1]})) == [
        ("SCH002", "spec.template.spec.containers[0].args[0]")
    ]


def test_an_element_must_say_which_one_it_means():
    """Without its merge key kustomize 5.8 writes an empty list, and says nothing."""
    (finding,) = judge(CLUSTER, [item(patch({"args": ["--a=1"]}), partial=True)])
    assert (finding.rule, finding.field) == ("SCH003", "spec.template.spec.containers[0].name")
    assert finding.message.endswith("is missing, so the patch does not say which element it means")
    assert finding.help == "name the element: kustomize empties the list otherwise"
    ports = patch({"name": "main", "ports": [{"protocol": "TCP"}]})
    assert said(ports) == [("SCH003", "spec.template.spec.containers[0].ports[0].containerPort")]


def test_nothing_deletes():
    """A null takes a field away, whatever its type."""
    assert (
        said(patch({"name": "main", "image": None, "resources": None, "env": [{"name": "A", "value": None}]}))
        == []
    )
    assert (
        said(obj("networking.istio.io/v1", "DestinationRule", spec={"host": None, "trafficPolicy": None}))
        == []
    )


def test_the_patch_directive_passes_with_its_three_words_only():
    """`$patch` is kustomize's; Kubernetes' other directives it would copy into the object."""
    assert said(patch({"name": "main", "$patch": "delete"})) == []
    assert said(patch({"$patch": "replace"}, {"name": "main"})) == []
    assert said(obj("v1", "ConfigMap", **{"$patch": "delete"})) == []
    assert said(patch({"name": "main", "$patch": "remove"})) == [
        ("SCH002", "spec.template.spec.containers[0].$patch")
    ]
    assert said(patch({"name": "main", "$retainKeys": ["name"]})) == [
        ("SCH001", "spec.template.spec.containers[0].$retainKeys")
    ]


def test_deleting_needs_the_key_too():
    """`$patch: delete` without a name deletes every element."""
    assert said(patch({"$patch": "delete"})) == [("SCH003", "spec.template.spec.containers[0].name")]


def test_the_directive_is_no_field_of_whole_objects():
    """What deletes in a patch is refused in an object."""
    findings = judge(CLUSTER, [item(obj("v1", "ConfigMap", **{"$patch": "delete"}))])
    assert [(finding.rule, finding.field) for finding in findings] == [("SCH001", "$patch")]


def test_the_directive_is_not_offered_as_a_field():
    """A list of known fields names fields."""
    (finding,) = judge(
        CLUSTER, [item(obj("apps/v1", "Deployment", spec={"strategy": {"canary": {}}}), partial=True)]
    )
    assert finding.help == "known here: `rollingUpdate` and `type`"


def test_fields_that_exclude_each_other_may_meet_in_a_patch():
    """One of them may be there to be taken away."""
    policy = {"loadBalancer": {"simple": None, "consistentHash": {"useSourceIp": True}}}
    assert said(obj("networking.istio.io/v1", "DestinationRule", spec={"trafficPolicy": policy})) == []

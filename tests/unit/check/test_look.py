"""Looking into objects: what is known, what is not there, and what cannot be told from here."""

import pytest

from backstay.check import look
from backstay.check.context import Context
from support.casebook import item

_SETTINGS = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings", "namespace": "a"},
    "data": {"HOST": "h", "PORT": 80},
}


def environment(env, *, env_from=(), partial=False, others=()):
    """The environment of the one container of a Deployment in namespace a."""
    container = {"name": "main", "env": env, "envFrom": list(env_from)}
    deployment = {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "a"},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }  # fmt: skip
    found = item({"partial": True, "object": deployment} if partial else deployment, "d.yaml")
    ctx = Context([found, *(item(other, "other.yaml") for other in others)], frozenset(), {})
    return look.environment(ctx, next(look.containers(found, "main")))


def test_a_literal_value_and_an_empty_one():
    """An entry without a value is set, and empty."""
    env = environment([{"name": "A", "value": "x"}, {"name": "B"}])
    assert (env.value("A"), env.value("B"), env.value("C")) == ("x", "", None)
    assert (env.lacks("B"), env.lacks("C")) == (False, True)


def test_a_later_entry_wins():
    """As the kubelet has it."""
    env = environment([{"name": "A", "value": "x"}, {"name": "A", "value": "y"}])
    assert env.value("A") == "y"
    assert env.get("A").route[-2:] == (1, "value")


def test_the_value_of_a_secret_is_never_known():
    """It is set, though."""
    env = environment([{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}])
    assert (env.get("A").secret, env.value("A"), env.lacks("A")) == (True, None, False)


def test_a_value_of_a_configmap_is_known_where_that_is_at_hand():
    """By namespace, name and key."""
    entry = {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "HOST"}}}
    elsewhere = {**_SETTINGS, "metadata": {"name": "settings", "namespace": "b"}}
    assert environment([entry], others=[_SETTINGS]).value("A") == "h"
    assert environment([entry], others=[elsewhere]).value("A") is None
    assert environment([entry]).value("A") is None


@pytest.mark.parametrize(
    "reference",
    [
        {"name": "settings", "key": "NONE"},
        {"name": "settings"},
        {"key": "HOST"},
        {"name": "settings", "key": "PORT"},
    ],
)
def test_a_reference_to_nothing_has_no_known_value(reference):
    """Nor has one to a value that is no text."""
    env = environment([{"name": "A", "valueFrom": {"configMapKeyRef": reference}}], others=[_SETTINGS])
    assert env.value("A") is None


def test_the_pod_s_own_namespace():
    """Other fields of the pod are not known before it runs."""

    def of(field):
        return environment([{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": field}}}]).value("A")

    assert of("metadata.namespace") == "a"
    assert of("status.podIP") is None


def test_env_from_a_configmap_at_hand():
    """With its prefix; `env` wins over it."""
    source = {"configMapRef": {"name": "settings"}}
    env = environment(
        [{"name": "PORT", "value": "1"}], env_from=[source, {**source, "prefix": "P_"}], others=[_SETTINGS]
    )
    assert (env.value("HOST"), env.value("P_HOST"), env.value("PORT")) == ("h", "h", "1")
    assert env.lacks("OTHER")


@pytest.mark.parametrize("others", [[], [{"partial": True, "object": _SETTINGS}]])
def test_env_from_something_not_at_hand_may_bring_anything(others):
    """A patch of a ConfigMap tells only part of it."""
    env = environment([], env_from=[{"configMapRef": {"name": "settings"}}], others=others)
    assert not env.lacks("OTHER")


def test_env_from_a_secret_may_bring_anything():
    """Its keys are not known."""
    assert not environment([], env_from=[{"secretRef": {"name": "s"}}]).lacks("A")


def test_a_patch_may_leave_out_what_the_object_has():
    """Unless it replaces the whole list."""
    replace = {"$patch": "replace"}
    assert not environment([{"name": "A", "value": "x"}], partial=True).lacks("B")
    assert environment([{"name": "A", "value": "x"}, replace], partial=True).lacks("B")
    assert not environment([{"name": "B", "$patch": "delete"}], partial=True).lacks("B")


def test_an_entry_that_a_patch_deletes_is_not_set():
    """Whatever value stands beside it."""
    assert environment([{"name": "A", "value": "x", "$patch": "delete"}], partial=True).get("A") is None


def test_the_whole_configmap_is_asked_before_a_patch_of_it():
    """In whatever order they come."""
    patch = item({"partial": True, "object": _SETTINGS}, "p.yaml")
    whole = item(_SETTINGS, "w.yaml")
    for items in ([patch, whole], [whole, patch]):
        assert look.config_map(Context(items, frozenset(), {}), "a", "settings") is whole


def test_arguments_are_the_texts_with_their_places():
    """Anything else among them is passed over, and counted."""
    pod = item(
        {"kind": "Pod", "spec": {"containers": [{"name": "x", "args": ["a", 1, "b"]}, "junk"]}}, "p.yaml"
    )
    found = [arg for container in look.containers(pod) for arg in look.args(container)]
    assert found == [("a", ("spec", "containers", 0, "args", 0)), ("b", ("spec", "containers", 0, "args", 2))]


def test_a_container_is_found_by_its_name():
    """One without a name by an empty one."""
    pod = item(
        {
            "kind": "CronJob",
            "spec": {"jobTemplate": {"spec": {"template": {"spec": {"containers": [{"name": "x"}, {}]}}}}},
        },
        "p.yaml",
    )
    assert [container.route[-1] for container in look.containers(pod, "x")] == [0]
    assert [container.name for container in look.containers(pod)] == ["x", ""]


@pytest.mark.parametrize("value", [None, 1, "text", ["a"], b"ab"])
def test_what_is_no_mapping_has_nothing_in_it(value):
    """And what is no list has no entries."""
    assert look.mapping(value) == {}
    assert look.at(value, "a", 0) is None
    assert list(look.listing(value)) == (["a"] if isinstance(value, list) else [])


def test_data_without_the_directives_and_deletions_of_a_patch():
    """What is left are settings."""
    found = item({"kind": "ConfigMap", "data": {"a": "b", "c": None, "$patch": "merge"}}, "c.yaml")
    assert look.data(found) == {"a": "b"}

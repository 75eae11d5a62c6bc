"""Profiles: how documents are merged, who wrote what, and what is wrong with `extends`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstay.core.diagnostic import Related
from backstay.core.failure import BadInput
from backstay.core.place import Place, at
from backstay.core.route import look_up
from backstay.load.document import Document, read_document
from backstay.load.files import Folder
from backstay.load.layers import merge, trace
from backstay.load.profiles import Merged, Profiles
from backstay.load.rules import INVALID_YAML

_PROFILES = {
    "base": "kind: Profile\nnetwork:\n  boxes: {fw: {idle: 300s, onExpiry: drop}}\n  calls:\n    - {from: a}\n",
    "aws": "kind: Profile\nextends: [base]\nnetwork:\n  boxes:\n    fw: {idle: 350s}\n    nlb: {preset: aws-nlb}\n",
    "calls": "kind: Profile\nnetwork: {calls: {append: [{from: b}, {from: c}]}}\n",
}
_CLUSTER = """\
kind: Cluster
metadata: {name: prod}
extends: [aws, calls]
network:
  boxes:
    fw: {onExpiry: reset}
    nlb: null
  calls:
    append:
      - {from: d}
retries: {maxAttempts: 3}
"""


@pytest.fixture
def profiles(tmp_path):
    """Profiles in a folder, which a test may add to."""
    for name, text in _PROFILES.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return Profiles(Folder(tmp_path, "profiles", tmp_path))


def _add(profiles, name, text):
    (profiles._folder.path / name).write_text(text)


def _merged(profiles, text):
    return profiles.merged(read_document(text, "c.yaml"))


def _found(profiles, text):
    with pytest.raises(BadInput) as refused:
        _merged(profiles, text)
    return [(f.rule, str(f.place), f.message, f.help) for f in refused.value.found]


def test_the_cluster_is_merged_over_its_profiles(profiles):
    """Left to right, mappings key by key, `append` behind, `null` away; the head of a profile stays its own."""
    merged = _merged(profiles, _CLUSTER)
    assert merged.value == {
        "kind": "Cluster",
        "metadata": {"name": "prod"},
        "extends": ["aws", "calls"],
        "network": {
            "boxes": {"fw": {"idle": "350s", "onExpiry": "reset"}},
            "calls": [{"from": "a"}, {"from": "b"}, {"from": "c"}, {"from": "d"}],
        },
        "retries": {"maxAttempts": 3},
    }
    assert [document.file for document in merged.documents] == [
        "profiles/base.yaml", "profiles/aws.yaml", "profiles/calls.yaml", "c.yaml",
    ]  # fmt: skip
    assert merged.file == "c.yaml"


@pytest.mark.parametrize(
    ("route", "place", "key_place"),
    [
        (("network", "boxes", "fw", "idle"), "profiles/aws.yaml:5:16", "profiles/aws.yaml:5:10"),
        (("network", "boxes", "fw", "onExpiry"), "c.yaml:6:20", "c.yaml:6:10"),
        (("network", "calls", 0, "from"), "profiles/base.yaml:5:14", "profiles/base.yaml:5:8"),
        (("network", "calls", 1, "from"), "profiles/calls.yaml:2:35", "profiles/calls.yaml:2:29"),
        (("network", "calls", 2), "profiles/calls.yaml:2:39", "profiles/calls.yaml:2:39"),
        (("network", "calls", 3, "from"), "c.yaml:10:16", "c.yaml:10:10"),
        (("network", "calls", 9, "from"), "c.yaml:10:7", "c.yaml:9:5"),
        (("network", "calls", "from"), "c.yaml:10:7", "c.yaml:9:5"),
        (("network", "boxes", "fw"), "c.yaml:6:9", "c.yaml:6:5"),
        (("network", "calls", 0, "to"), "profiles/base.yaml:5:7", "profiles/base.yaml:5:7"),
        (("network", "boxes", "nlb"), "c.yaml:7:10", "c.yaml:7:5"),
        (("metadata", "name"), "c.yaml:2:18", "c.yaml:2:12"),
        (("storage",), "c.yaml:1:1", "c.yaml:1:1"),
    ],
)
def test_a_value_stands_where_its_writer_wrote_it(profiles, route, place, key_place):
    """Also behind `append`, and with the closest parent for what is not there."""
    merged = _merged(profiles, _CLUSTER)
    assert (str(merged.place(route)), str(merged.key_place(route))) == (place, key_place)
    assert merged.writer(route).file == place.partition(":")[0]


def test_what_was_overridden_is_told_most_recent_first(profiles):
    """With its value and place; nothing for a value that one document alone wrote."""
    merged = _merged(profiles, _CLUSTER)
    chain = merged.chain(("network", "boxes", "fw", "onExpiry"))
    assert [(write.value, str(write.place)) for write in chain] == [("drop", "profiles/base.yaml:3:38")]
    merged = _merged(profiles, "extends: [aws]\nnetwork: {boxes: {fw: {idle: 10s}}}\n")
    chain = merged.chain(("network", "boxes", "fw", "idle"))
    assert [(write.value, write.document.file) for write in chain] == [
        ("350s", "profiles/aws.yaml"),
        ("300s", "profiles/base.yaml"),
    ]
    assert merged.chain(("network", "boxes", "nlb", "preset")) == ()
    assert merged.chain(("no", "such")) == ()


def test_a_null_between_two_writers_is_part_of_the_chain(profiles):
    """It took the earlier value away, and the later writer began anew."""
    _add(profiles, "none.yaml", "kind: Profile\nextends: [aws]\nnetwork: {boxes: null}\n")
    merged = _merged(profiles, "extends: [none]\nnetwork: {boxes: {fw: {idle: 1s}}}\n")
    assert merged.value["network"]["boxes"] == {"fw": {"idle": "1s"}}
    assert merged.chain(("network", "boxes"))[0].value is None
    assert [write.value for write in merged.chain(("network", "boxes", "fw", "idle"))] == ["350s", "300s"]


def test_a_profile_reached_twice_counts_where_it_is_reached_first(profiles):
    """So the second one to extend it does not undo the first."""
    _add(profiles, "edge.yaml", "kind: Profile\nextends: [base]\nretries: {maxAttempts: 1}\n")
    merged = _merged(profiles, "extends: [aws, edge]\n")
    assert merged.value["network"]["boxes"]["fw"]["idle"] == "350s"
    assert len(merged.documents) == 4


def test_a_null_with_nothing_below_is_left_to_be_judged(profiles):
    """A misspelt key is not hidden by its value."""
    assert _merged(profiles, "extends: [base]\nnetwrok: null\n").value["netwrok"] is None


def test_symbolic_places_are_located(profiles):
    """Those of the finding and of what is related; what has a file already stays."""
    merged = _merged(profiles, _CLUSTER)
    concrete = Place("x.yaml", 1, 1)
    finding = INVALID_YAML.report(
        "m",
        at=at("network", "calls", 3, "from"),
        related=(Related(at("network", "boxes", "fw", "idle"), "a"), Related(concrete, "b")),
    )
    located = merged.located(finding)
    assert str(located.place) == "c.yaml:10:16"
    assert located.place.path == "network.calls[3].from"
    assert [str(other.place) for other in located.related] == ["profiles/aws.yaml:5:16", "x.yaml:1:1"]


@pytest.mark.parametrize(
    ("extends", "expected"),
    [
        ("[awz]", ("LOD014", "c.yaml:1:11", "no profile `awz`", "did you mean `aws`?")),
        ("[zzzz]", ("LOD014", "c.yaml:1:11", "no profile `zzzz`", "there are `aws`, `base`, `calls`")),
        ("[../x]", ("LOD020", "c.yaml:1:11", "`../x` is no profile's name", "name a file in profiles without folder and ending")),
        ("[/etc/passwd]", ("LOD020", "c.yaml:1:11", "`/etc/passwd` is no profile's name", "name a file in profiles without folder and ending")),
        ("[.hidden]", ("LOD020", "c.yaml:1:11", "`.hidden` is no profile's name", "name a file in profiles without folder and ending")),
        ("[3]", ("LOD020", "c.yaml:1:11", "`3` is no profile's name", "name a file in profiles without folder and ending")),
        ("aws", ("LOD020", "c.yaml:1:10", "no list of profiles", "write `extends: [name]`")),
    ],
)  # fmt: skip
def test_a_profile_that_is_not_there_is_reported(profiles, extends, expected):
    """At its place in `extends`, with the nearest name."""
    assert _found(profiles, f"extends: {extends}\n") == [expected]


def test_every_fault_of_extends_is_reported_at_once(profiles):
    """Missing ones, broken ones and no profiles, of the cluster and of its profiles."""
    _add(profiles, "broken.yaml", "a: [\n")
    _add(profiles, "whole.yaml", "kind: Cluster\n")
    _add(profiles, "far.yml", "kind: Profile\nextends: [gone]\n")
    found = _found(profiles, "extends: [nope, broken, aws, whole, far]\n")
    assert [(rule, place) for rule, place, _, _ in found] == [
        ("LOD014", "c.yaml:1:11"),
        ("LOD003", "profiles/broken.yaml:2:1"),
        ("LOD024", "profiles/whole.yaml:1:7"),
        ("LOD014", "profiles/far.yml:2:11"),
    ]


def test_a_circle_is_told_with_every_step_wherever_it_is_entered(profiles):
    """The same finding for every cluster that runs into it."""
    _add(profiles, "a.yaml", "kind: Profile\nextends: [b]\n")
    _add(profiles, "b.yaml", "kind: Profile\nextends: [c]\n")
    _add(profiles, "c.yaml", "kind: Profile\nextends: [base, a]\n")
    seen = []
    for entry in "abc":
        with pytest.raises(BadInput) as refused:
            _merged(profiles, f"extends: [{entry}]\n")
        seen += refused.value.found
    assert len(set(seen)) == 1
    found = seen[0]
    assert (found.rule, str(found.place)) == ("LOD013", "profiles/a.yaml:2:11")
    assert found.message == "profiles extend each other in a circle: `a` -> `b` -> `c` -> `a`"
    assert [(str(other.place), other.message) for other in found.related] == [
        ("profiles/b.yaml:2:11", "`c` is extended here"),
        ("profiles/c.yaml:2:17", "`a` is extended here"),
    ]


def test_a_profile_may_not_extend_itself(profiles):
    """The smallest circle."""
    _add(profiles, "self.yaml", "kind: Profile\nextends: [self]\n")
    assert [found[:2] for found in _found(profiles, "extends: [self]\n")] == [
        ("LOD013", "profiles/self.yaml:2:11")
    ]


def test_no_profiles_at_all_is_said(tmp_path):
    """Where the folder is missing, that is what the help says."""
    profiles = Profiles(Folder(tmp_path / "no", "no", tmp_path))
    assert _found(profiles, "extends: [a]\n") == [
        ("LOD014", "c.yaml:1:11", "no profile `a`", "there are no profiles in no")
    ]


def test_profiles_are_read_once(profiles):
    """The same document serves every cluster; what nobody extended is known."""
    first, second = (_merged(profiles, "extends: [aws]\n") for _ in range(2))
    assert first.documents[0] is second.documents[0]
    assert sorted(profiles.unread()) == ["calls"]


_KEYS = st.sampled_from(["a", "b", "append"])
_VALUES = st.recursive(
    st.none() | st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3) | st.lists(inner, max_size=2).map(lambda items: {"append": items}),
    max_leaves=8,
)  # fmt: skip
_LAYERS = st.lists(st.dictionaries(_KEYS, _VALUES, max_size=3), min_size=1, max_size=4)


def _leaves(value, route=()):
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    below = [leaf for key, part in entries for leaf in _leaves(part, (*route, key))]
    return below or [(route, value)]


@given(_LAYERS)
def test_the_trace_of_a_leaf_leads_to_whoever_wrote_it(layers):
    """Following a route through the layers ends at the very value that the merge put there."""
    whole = {}
    for layer in layers:
        whole = merge(whole, layer)
    for route, value in _leaves(whole):
        found = trace(layers, route)
        assert found.rest == ()
        last = found.live[-1]
        assert look_up(layers[last.index], last.route) == last.value
        assert value in ({}, []) or last.value == value


@given(_LAYERS)
def test_merging_changes_no_layer(layers):
    """Profiles are shared by clusters, so a merge must leave them as they are."""
    before = repr(layers)
    whole = {}
    for layer in layers:
        whole = merge(whole, layer)
    assert repr(layers) == before


def test_a_document_without_profiles_is_its_own_writer():
    """The smallest fleet: one file."""
    document = Document("c.yaml", "a: 1\n", {"a": 1})
    merged = Merged(document.value, (document,))
    assert merged.writer(("a",)) is document
    assert str(merged.place(("a",))) == "c.yaml:1:4"

"""Provenance: every output leaf leads to where it comes from, and equal input gives an equal map."""

import json

import pytest

from backstay.core.fact import Fact, Origin, OriginKind, from_preset, from_spec, join
from backstay.core.manifest import Manifest, Role, settle
from backstay.render.provenance import lookup, provenance
from backstay.render.yaml import dump

FIXED = Origin(OriginKind.FIXED, "mesh/envoyfilter")
SPEC = Origin(OriginKind.SPEC, "network.calls[0].silentFor")
SOLVED = Origin(OriginKind.CONSTRAINT, "keepalive-interval", "faster than the shortest box")


def _manifest(file="component/mesh/a.yaml", **spec):
    return settle(Manifest(file, Role.OBJECT, {"apiVersion": "v1", "kind": "A", "spec": spec}, FIXED), dump)


def _writer(route):
    return {"network.calls[0].silentFor": "specs/clusters/prod-eu.yaml"}.get(route)


A = _manifest(
    interval=Fact("30s", (SOLVED, SPEC)),
    match=Fact({"labels": {"app": "x"}, "ports": [1, 2]}, (SPEC,)),
    hosts=[{"host.name/x": from_preset("h", "kfp-metadata-grpc", "upstream's name")}],
    empty=Fact("e", ()),
)
B = _manifest("component/storage/b.yaml", url=join("u", from_spec(1, "storage", "artifacts", "url")))


def _refs(route, file=A.file):
    return [key.split(":", 1)[1] for key in lookup(provenance("prod-eu", [A, B], _writer), file, route)]


@pytest.mark.parametrize(
    ("route", "refs"),
    [
        (("spec", "interval"), [SOLVED.ref, SPEC.ref]),  # its own, most decisive first
        (("spec", "match", "labels", "app"), [SPEC.ref]),  # those of the container above
        (("spec", "match", "ports", 1), [SPEC.ref]),
        (("spec", "hosts", 0, "host.name/x"), ["kfp-metadata-grpc"]),
        (("spec", "empty"), [FIXED.ref]),  # no origins of its own: the default
        (("kind",), [FIXED.ref]),
        ((), [FIXED.ref]),
    ],
)
def test_every_leaf_leads_somewhere(route, refs):
    """The leaf itself, a container above, or the default of the file."""
    assert _refs(route) == refs


def test_an_unknown_file_is_an_error():
    """A file that the cluster does not have is not answered with a guess."""
    with pytest.raises(KeyError, match=r"nowhere\.yaml"):
        _refs((), "nowhere.yaml")


def test_the_shape():
    """Origins once each and sorted, the writer on spec leaves it is known for, no lines anywhere."""
    found = provenance("prod-eu", [A, B], _writer)
    assert found["version"] == 1
    assert found["cluster"] == "prod-eu"
    assert found["origins"] == {
        "constraint:keepalive-interval": {"notes": ["faster than the shortest box"]},
        "fixed:mesh/envoyfilter": {},
        "preset:kfp-metadata-grpc": {"notes": ["upstream's name"]},
        "spec:network.calls[0].silentFor": {"file": "specs/clusters/prod-eu.yaml"},
        "spec:storage.artifacts.url": {},
    }
    assert found["files"][A.file] == {
        "default": "fixed:mesh/envoyfilter",
        "leaves": {
            "spec.interval": ["constraint:keepalive-interval", "spec:network.calls[0].silentFor"],
            "spec.match": ["spec:network.calls[0].silentFor"],
            'spec.hosts[0]["host.name/x"]': ["preset:kfp-metadata-grpc"],
        },
    }


def test_notes_of_one_origin_stand_together():
    """The same reference with two reasons is one origin: no other line changes when a reason is added."""
    one = _manifest(a=from_preset(1, "go", "floor"), b=from_preset(2, "go", "clamp"))
    assert provenance("c", [one], _writer)["origins"]["preset:go"] == {"notes": ["clamp", "floor"]}


def test_the_order_of_files_does_not_matter():
    """Work done in another order gives the same map."""
    assert provenance("c", [A, B], _writer) == provenance("c", [B, A], _writer)


def test_it_survives_json():
    """What is read back from provenance.json answers the same."""
    found = provenance("prod-eu", [A], _writer)
    again = json.loads(json.dumps(found))
    assert lookup(again, A.file, ("spec", "interval")) == lookup(found, A.file, ("spec", "interval"))

"""Against the real istiod: every case of the recorded outputs that these objects can express, field by field."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache

import pytest
import yaml

from backstay.prove.istiod import NoteKind, Proxy, ProxyKind, Result, apply
from support.repository import SHARED, needs_fixtures

ORACLE = SHARED / "fixtures" / "istio-oracle"
pytestmark = needs_fixtures

NOT_COVERED = {
    "serviceentry": "a ServiceEntry makes clusters, listeners and routes; here those are given, not made"
}
CASES = sorted({path.stem for path in ORACLE.glob("cases/*.yaml")} - set(NOT_COVERED))
PROXIES = ("shop/web", "shop/api", "other/far", "istio-system/ingressgateway")
KINDS = ("listeners", "clusters", "routes")


@cache
def base() -> dict:
    """What istiod makes of the mesh alone, by proxy."""
    return {each["proxy"]: each for each in json.loads((ORACLE / "base.json").read_text())["proxies"]}


@cache
def mesh_objects() -> tuple:
    """The objects of the mesh itself."""
    return tuple(yaml.safe_load_all((ORACLE / "base.yaml").read_text()))


def case_objects(case: str) -> list:
    """The objects that a case adds."""
    return list(yaml.safe_load_all((ORACLE / f"cases/{case}.yaml").read_text()))


def recorded(case: str) -> dict:
    """What istiod, the webhook and the analyzer made of a case."""
    return json.loads((ORACLE / f"cases/{case}.json").read_text())


def proxy(name: str, version: str = "1.31.0-rc.0") -> Proxy:
    """A proxy of the mesh."""
    namespace, _, pod = name.partition("/")
    kind = ProxyKind.GATEWAY if base()[name]["type"] == "router" else ProxyKind.SIDECAR
    return Proxy(pod, namespace, base()[name]["labels"], kind, istio_version=version)


def run(case: str, name: str, version: str = "1.31.0-rc.0") -> Result:
    """What the model makes of a case for a proxy."""
    return apply([*mesh_objects(), *case_objects(case)], base()[name], proxy(name, version))


def test_every_case_is_covered_or_said_not_to_be():
    """A new case is tested by being there."""
    assert len(CASES) >= 24
    assert set(NOT_COVERED) == {path.stem for path in ORACLE.glob("cases/*.json")} - set(CASES)


@pytest.mark.parametrize("name", PROXIES)
@pytest.mark.parametrize("case", CASES)
def test_the_configuration_is_what_istiod_made(case: str, name: str):
    """Every listener, cluster and route of every proxy, changed or not."""
    changed = recorded(case)["changed"].get(name, {})
    result = run(case, name)
    for kind in KINDS:
        expected = [changed.get(kind, {}).get(each["name"], each) for each in base()[name][kind]]
        assert expected == result.config[kind]


@pytest.mark.parametrize("name", PROXIES)
def test_nothing_is_changed_without_objects_that_concern_the_proxy(name: str):
    """Services, Gateways and VirtualServices are already in the configuration."""
    given = deepcopy(base()[name])
    result = apply(mesh_objects(), given, proxy(name))
    assert result.config == {kind: given[kind] for kind in KINDS}
    assert given == base()[name]
    assert result.notes == ()


@pytest.mark.parametrize("case", [case for case in CASES if not recorded(case)["changed"]])
def test_a_silent_no_op_is_spoken_of_for_every_proxy(case: str):
    """What istiod keeps to itself is in the notes."""
    for name in PROXIES:
        kinds = {note.kind for note in run(case, name).notes}
        assert kinds & {NoteKind.UNMATCHED, NoteKind.NOT_SELECTED, NoteKind.REFUSED}


@pytest.mark.parametrize(
    "case", [case for case in CASES if any("error" in each for each in recorded(case)["admission"] or [])]
)
def test_what_the_webhook_rejects_is_refused(case: str):
    """And nothing else is said of it."""
    assert {note.kind for note in run(case, "shop/web").notes} == {NoteKind.REFUSED}


@pytest.mark.parametrize(
    ("case", "lost"), [("hcm-typo", "connection_keep_alive"), ("dr-unknown", "idleTimeoutt")]
)
def test_a_misspelt_field_is_reported(case: str, lost: str):
    """With its name."""
    notes = [note for note in run(case, "shop/api").notes if note.kind is NoteKind.DROPPED]
    assert any(lost in note.message for note in notes)


def test_before_1_31_http2_keepalive_changes_nothing_but_the_mark_of_the_rule():
    """As recorded for 1.29.6."""
    result = run("dr-h2ka", "shop/web", "1.29.6")
    expected = deepcopy(base()["shop/web"]["clusters"])
    for cluster in expected:
        if cluster["name"].endswith("|api.shop.svc.cluster.local"):
            mark = "/apis/networking.istio.io/v1/namespaces/shop/destination-rule/dr-h2ka"
            cluster["metadata"]["filter_metadata"]["istio"]["config"] = mark
    assert expected == result.config["clusters"]
    assert any("http2KeepAlive" in note.message for note in result.notes)

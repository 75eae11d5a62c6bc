"""Listing kinds page by page: everything there is, and what the server refuses in its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from backstay.cluster import api as module
from backstay.cluster.listing import Served, list_all, served, server_version
from backstay.core.failure import CannotTell

if TYPE_CHECKING:
    from support.apiserver import Server

MAPS = Served("v1", "ConfigMap", "configmaps")
PATH = "/api/v1/configmaps"


def named(*names: str) -> list[dict[str, Any]]:
    """Objects as they stand in a list: without version and kind."""
    return [{"metadata": {"name": name}} for name in names]


def names(objects: Any) -> list[str]:
    """The names of objects."""
    return [one["metadata"]["name"] for one in objects]


def page(*objects: str, goes_on: str = "") -> dict[str, Any]:
    """A page and the token of the next one."""
    return {"items": named(*objects), "metadata": {"continue": goes_on}}


def listed(api: Any, *kinds: Served, **queries: Any) -> list[Any]:
    """The lists of some kinds."""
    with api() as client:
        return list(list_all(client, kinds or (MAPS,), queries, lambda value: value))


def test_every_page_is_read(server: Server, api: Any):
    """With the token that the one before gave; each object gets its version and kind."""
    server.on("GET", f"{PATH}?limit=500", 200, page("a", "b", goes_on="t/1="))
    server.on("GET", f"{PATH}?limit=500&continue=t%2F1%3D", 200, page("c"))
    (found,) = listed(api)
    assert names(found.objects) == ["a", "b", "c"]
    assert {(one["apiVersion"], one["kind"]) for one in found.objects} == {("v1", "ConfigMap")}
    assert all(method == "GET" for method, *_ in server.seen)


def test_a_token_that_ran_out_is_replaced_by_the_servers(server: Server, api: Any):
    """A cluster that changes faster than it is read is still read."""
    server.on("GET", f"{PATH}?limit=500", 200, page("a", goes_on="old"))
    server.on(
        "GET", f"{PATH}?limit=500&continue=old", 410, {"metadata": {"continue": "new"}, "message": "too old"}
    )
    server.on("GET", f"{PATH}?limit=500&continue=new", 200, page("b"))
    (found,) = listed(api)
    assert (names(found.objects), found.refused) == (["a", "b"], "")


def test_pages_that_are_too_large_are_asked_for_in_parts(
    server: Server, api: Any, monkeypatch: pytest.MonkeyPatch
):
    """Objects of a megabyte each are no reason to give up."""
    monkeypatch.setattr(module, "_MAX_BYTES", 200)
    server.on("GET", f"{PATH}?limit=500", 200, page(*(f"long-{number}" for number in range(20))))
    server.on("GET", f"{PATH}?limit=62", 200, page("a"))
    (found,) = listed(api)
    assert names(found.objects) == ["a"]


def test_one_object_that_is_too_large_is_no_verdict(
    server: Server, api: Any, monkeypatch: pytest.MonkeyPatch
):
    """It ends."""
    monkeypatch.setattr(module, "_MAX_BYTES", 20)
    server.on("GET", PATH, 200, page("a" * 100))
    with pytest.raises(CannotTell, match="more than 20 bytes"):
        listed(api)


def test_a_kind_that_is_refused_hides_no_other(server: Server, api: Any):
    """Its reason is the server's."""
    server.on("GET", PATH, 403, {"message": "configmaps is forbidden"})
    server.on("GET", "/api/v1/services", 200, page("a"))
    refused, found = listed(api, MAPS, Served("v1", "Service", "services"))
    assert (refused.refused, refused.objects) == ("configmaps is forbidden", [])
    assert (found.refused, names(found.objects)) == ("", ["a"])


def test_nobody_in_particular_is_no_verdict(server: Server, api: Any):
    """401 is about all kinds."""
    server.on("GET", PATH, 401, {"message": "no"})
    with pytest.raises(CannotTell, match="does not know who asks"):
        listed(api)


def test_pages_without_end_end(server: Server, api: Any, monkeypatch: pytest.MonkeyPatch):
    """A server that always has another one."""
    monkeypatch.setattr("backstay.cluster.listing._MOST_PAGES", 5)
    server.on("GET", PATH, 200, page("a", goes_on="again"))
    (found,) = listed(api)
    assert (len(found.objects), found.refused) == (5, "more than 5 pages")


@pytest.mark.parametrize("body", [{}, {"items": 1}, {"items": [1, None]}, {"items": [], "metadata": 3}])
def test_odd_lists_are_empty(body: dict[str, Any], server: Server, api: Any):
    """Whatever answers."""
    server.on("GET", PATH, 200, body)
    (found,) = listed(api)
    assert list(found.objects) == []


def test_a_query_narrows_its_kind(server: Server, api: Any):
    """On every page."""
    server.on("GET", PATH, 200, page("a"))
    listed(api, ConfigMap={"labelSelector": "a=b"})
    assert server.seen[-1][1] == f"{PATH}?labelSelector=a%3Db&limit=500"


def test_each_kind_is_found_under_the_preferred_version_that_has_it(server: Server, api: Any):
    """And what has no list is none."""
    groups = [{"name": "x.example", "preferredVersion": {"groupVersion": "x.example/v2"},
               "versions": [{"groupVersion": "x.example/v1"}, {"groupVersion": "x.example/v2"}, 1]},
              {"name": "y.example", "versions": [{"groupVersion": "y.example/v1"}]}]  # fmt: skip
    server.on("GET", "/apis", 200, {"groups": groups})
    new = [
        {"name": "as", "kind": "A", "verbs": ["list"]},
        {"name": "as/status", "kind": "A", "verbs": ["list"]},
    ]
    old = [{"name": "as", "kind": "A", "verbs": ["list"]}, {"name": "bs", "kind": "B", "verbs": ["list"]},
           {"name": "cs", "kind": "C", "verbs": ["create"]}]  # fmt: skip
    server.on("GET", "/apis/x.example/v2", 200, {"resources": new})
    server.on("GET", "/apis/x.example/v1", 200, {"resources": old})
    with api() as client:
        found = served(client, lambda group, _kind: group == "x.example")
    assert found == [Served("x.example/v2", "A", "as"), Served("x.example/v1", "B", "bs")]
    assert "/apis/y.example/v1" not in {path for _, path, *_ in server.seen}


@pytest.mark.parametrize(
    ("body", "version"),
    [({"gitVersion": "v1.36.3"}, "v1.36.3"), ({"gitVersion": 3}, None), ({}, None)],
)
def test_a_server_tells_its_version(body: dict[str, Any], version: str | None, server: Server, api: Any):
    """If it does."""
    server.on("GET", "/version", 200, body)
    with api() as client:
        assert server_version(client) == version

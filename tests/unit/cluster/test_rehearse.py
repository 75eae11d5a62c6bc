"""Asking a cluster about objects, each by the path that discovery gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from backstay.cluster.rehearse import rehearse_all
from backstay.core.failure import CannotTell

if TYPE_CHECKING:
    from support.apiserver import Server

PATH = "/api/v1/namespaces/s/configmaps/a"


def config_map(name: str = "a", kind: str = "ConfigMap", api: str = "v1") -> dict[str, Any]:
    """An object in the namespace `s`."""
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "s"}}


def test_each_object_is_read_and_rehearsed_in_order(server: Server, api: Any):
    """Whatever the order of the answers."""
    names = [f"n{number}" for number in range(20)]
    for name in names:
        path = f"/api/v1/namespaces/s/configmaps/{name}"
        server.on("GET", path, 200, {"live": name})
        server.on("PATCH", path, 200, {"applied": name})
    with api() as client:
        said = list(rehearse_all(client, [config_map(name) for name in names]))
    assert [(one.live, one.applied) for one in said] == [({"live": n}, {"applied": n}) for n in names]
    assert sum(path == "/api/v1" for _, path, _, _ in server.seen) == 1


def test_what_is_not_there_is_not_rehearsed(server: Server, api: Any):
    """A dry run would tell what a creation gives, which nobody asked."""
    with api() as client:
        (said,) = rehearse_all(client, [config_map()])
    assert (said.live, said.applied, said.note) == (None, None, "")
    assert all(method == "GET" for method, *_ in server.seen)


def test_what_goes_away_meanwhile_is_not_there(server: Server, api: Any):
    """Between the two requests."""
    server.on("GET", PATH, 200, config_map())
    with api() as client:
        (said,) = rehearse_all(client, [config_map()])
    assert said.live is None


def test_a_refusal_is_told_in_the_servers_words_but_not_of_a_secret(server: Server, api: Any):
    """They may repeat its values."""
    for path in (PATH, "/api/v1/namespaces/s/secrets/a"):
        server.on("GET", path, 200, {})
        server.on("PATCH", path, 422, {"message": "Invalid value: s3cret"})
    with api() as client:
        plain, secret = rehearse_all(client, [config_map(), config_map(kind="Secret")])
    assert plain.note == "the server refuses to apply it: Invalid value: s3cret"
    assert secret.note == "the server refuses to apply it: (the reason is hidden)"


def test_kinds_and_versions_that_are_not_served_are_notes(server: Server, api: Any):
    """The object cannot be there then."""
    server.on(
        "GET",
        "/apis/a.example/v1",
        200,
        {"resources": [1, {"kind": "Other", "name": "others"}, {"kind": "Thing"}]},
    )
    with api() as client:
        notes = [
            s.note
            for s in rehearse_all(
                client, [config_map(kind="Thing", api="a.example/v1"), config_map(api="b.example/v1")]
            )
        ]
    assert notes == [
        "the cluster does not serve Thing of a.example/v1",
        "the cluster does not serve ConfigMap of b.example/v1",
    ]


def test_names_cannot_lead_elsewhere(server: Server, api: Any):
    """Every part of a path is quoted; cluster-scoped kinds have no namespace in theirs."""
    odd = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "../x?y#z"}}
    with api() as client:
        list(rehearse_all(client, [odd]))
    assert server.seen[-1][1] == "/api/v1/namespaces/..%2Fx%3Fy%23z"


@pytest.mark.parametrize("reply", [(404, b"not here"), (200, {}), (200, {"resources": "x"})])
def test_another_server_is_no_verdict(reply: tuple[int, Any], server: Server, api: Any):
    """One that answers 404 to everything would look like an empty cluster."""
    server.on("GET", "/api/v1", *reply)
    with api() as client, pytest.raises(CannotTell, match="is no Kubernetes API server"):
        list(rehearse_all(client, [config_map()]))


def test_one_question_without_an_answer_ends_it(server: Server, api: Any):
    """A verdict on some objects alone would be read as one on all."""
    server.on("GET", PATH, 403, {"message": "no"})
    with api() as client, pytest.raises(CannotTell, match="not allowed to read"):
        list(rehearse_all(client, [config_map()] * 10))

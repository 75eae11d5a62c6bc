"""Which server a context means, and every way in which a kubeconfig does not say."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from backstay.cluster import kubeconfig as module
from backstay.cluster.kubeconfig import UnknownContext, access
from backstay.core.failure import CannotTell

Write = Callable[..., Path]


def test_the_current_context_is_taken_apart(kubeconfig: Write):
    """Server and user by name."""
    kubeconfig({"server": "https://a"}, {"token": "t"})
    found = access(None)
    assert (found.context, found.cluster.text("server"), found.user.text("token")) == (
        "one",
        "https://a",
        "t",
    )


def test_another_context_by_name(kubeconfig: Write):
    """A context without a user is nobody in particular."""
    contexts = [
        {"name": "one", "context": {"cluster": "c", "user": "u"}},
        {"name": "two", "context": {"cluster": "d"}},
    ]
    clusters = [
        {"name": "c", "cluster": {"server": "https://c"}},
        {"name": "d", "cluster": {"server": "https://d"}},
    ]
    kubeconfig(contexts=contexts, clusters=clusters)
    found = access("two")
    assert (found.cluster.text("server"), dict(found.user.value)) == ("https://d", {})


def test_of_several_files_the_first_word_counts(kubeconfig: Write, monkeypatch: pytest.MonkeyPatch):
    """As kubectl merges the files of KUBECONFIG; those that do not exist are passed over."""
    first = kubeconfig({"server": "https://first"}, users=[], name="first", **{"current-context": ""})
    second = kubeconfig({"server": "https://second"}, {"token": "of second"}, name="second")
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, [first, first.parent / "none", second])))
    found = access(None)
    assert (found.cluster.text("server"), found.user.text("token")) == ("https://first", "of second")


def test_without_kubeconfig_the_one_at_home_is_read(
    kubeconfig: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """`~/.kube/config`."""
    path = kubeconfig({"server": "https://home"})
    (tmp_path / ".kube").mkdir()
    path.rename(tmp_path / ".kube/config")
    monkeypatch.delenv("KUBECONFIG")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert access(None).cluster.text("server") == "https://home"


def test_certificates_come_from_data_or_from_files_beside_the_kubeconfig(kubeconfig: Write, tmp_path: Path):
    """Data wins, as in client-go; paths are relative to the file that names them."""
    (tmp_path / "ca.crt").write_text("from a file")
    kubeconfig({"server": "https://a", "certificate-authority": "ca.crt"})
    assert access(None).cluster.pem("certificate-authority") == "from a file"
    data = b64encode(b"from data").decode()
    kubeconfig({"server": "https://a", "certificate-authority": "ca.crt", "certificate-authority-data": data})
    assert access(None).cluster.pem("certificate-authority") == "from data"
    assert access(None).cluster.pem("client-key") == ""


def test_an_unknown_context_names_the_known_ones(kubeconfig: Write):
    """A bad call, not a lack of a verdict."""
    kubeconfig()
    with pytest.raises(UnknownContext, match="no context `nope` in the kubeconfig; there are one"):
        access("nope")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "is no YAML"), ("- 1", "holds no mapping"), ("{}", "has no current context"),
        ("{current-context: a, contexts: [{name: a, context: {cluster: b}}]}", "names a cluster that it does not have"),
        ("{current-context: a, contexts: [{name: a, context: {cluster: b}}], clusters: [1, {name: b, cluster: 2}]}",
         "names a cluster that it does not have"),
    ],
)  # fmt: skip
def test_a_kubeconfig_that_says_too_little_is_no_verdict(
    text: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Each with words of its own."""
    (tmp_path / "config").write_text(text)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    with pytest.raises(CannotTell, match=words):
        access(None)


def test_files_that_cannot_be_read_are_no_verdict(
    kubeconfig: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Too large, no text, not there, a folder; data that is no base64."""
    (tmp_path / "large").write_bytes(b"#" * (2**20 + 1))
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for name, words in (("large", "is larger than"), ("binary", "it is not text"), (".", "is a directory")):
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / name))
        with pytest.raises(CannotTell, match=words):
            access(None)
    kubeconfig({"certificate-authority": "none.crt"}, {"client-key-data": "not base64"})
    with pytest.raises(CannotTell, match=r"certificate-authority .*none\.crt cannot be read: no such file"):
        access(None).cluster.pem("certificate-authority")
    with pytest.raises(CannotTell, match="client-key-data is not base64"):
        access(None).user.pem("client-key")


def test_a_kubeconfig_variable_that_leads_nowhere_is_told(monkeypatch: pytest.MonkeyPatch):
    """Rather than another file being used in silence."""
    monkeypatch.setenv("KUBECONFIG", "/nonexistent/config")
    with pytest.raises(CannotTell, match="KUBECONFIG names /nonexistent/config"):
        access(None)


def test_inside_a_pod_the_service_account_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Where there is no kubeconfig; outside of pods there is no verdict then."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(CannotTell, match="there is no kubeconfig"):
        access(None)
    monkeypatch.setattr(module, "_ACCOUNT", tmp_path)
    (tmp_path / "token").write_text("of the pod\n")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "6443")
    found = access(None)
    assert (found.cluster.text("server"), found.user.content("tokenFile")) == (
        "https://[fd00::1]:6443",
        "of the pod\n",
    )
    with pytest.raises(UnknownContext, match="there is no kubeconfig"):
        access("one")

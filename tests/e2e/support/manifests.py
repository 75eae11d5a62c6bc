"""Kubernetes YAML read as the Kubernetes libraries read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from e2e.support.kubeapi import Object


class _Loader(yaml.CSafeLoader):
    """The safe loader without dates: an unquoted date is a string to a Kubernetes client."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def read_objects(text: str) -> list[Object]:
    """Return the objects of a stream of YAML documents; empty documents are left out."""
    return [document for document in yaml.load_all(text, Loader=_Loader) if document]

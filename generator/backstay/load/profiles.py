"""Profiles: the partial specs that a cluster builds on, found by name, read once, and merged under it.

`extends: [a, b]` in a cluster or a profile names `<folder>/a.yaml` and `<folder>/b.yaml`. They are merged left
to right and then the document itself, by the rule of `layers`; a profile that is reached twice counts where
it is reached first. `apiVersion`, `kind`, `metadata` and `extends` are each document's own and never merged.
"""

import difflib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import reduce
from typing import Final, cast

from backstay.core.diagnostic import Diagnostic, Related
from backstay.core.failure import BadInput
from backstay.core.manifest import Plain
from backstay.core.place import Place
from backstay.core.route import Route, look_up
from backstay.load import rules
from backstay.load.document import Document
from backstay.load.files import Folder
from backstay.load.layers import Layer, Trace, merge, trace

OWN: Final = ("apiVersion", "kind", "metadata", "extends")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")
_LISTED: Final = 10  # names in a help text


@dataclass(frozen=True, slots=True)
class Write:
    """One document's word on a value: what it says and where."""

    document: Document
    value: Plain
    route: Route

    @property
    def place(self) -> Place:
        """Where it stands in that document."""
        return self.document.place(self.route)


@dataclass(frozen=True, slots=True)
class Merged:
    """A cluster's whole spec: the value, and the documents it is made of, the cluster's own one last."""

    value: dict[str, Plain]
    documents: tuple[Document, ...]

    @property
    def file(self) -> str:
        """The cluster's own file, as it is printed."""
        return self.documents[-1].file

    def writer(self, route: Route) -> Document:
        """Who wrote the value at a route of the merged spec, or its closest existing parent.

        A mapping that several documents wrote to counts as the last one's.
        """
        for document in reversed(self.documents):
            # What exists in the merged value was written last by the last document that has it; only behind
            # `append` do a document's own indexes differ from the merged ones.
            with suppress(KeyError):
                look_up(document.value, route)
                return document
        return self._last(self._trace(route)).document

    def place(self, route: Route) -> Place:
        """Where the value at a route of the merged spec stands, or its closest existing parent.

        The place's own route is that of its document: it differs behind `append`.
        """
        found = self._trace(route)
        last = self._last(found)
        return last.document.place((*last.route, *found.rest))

    def key_place(self, route: Route) -> Place:
        """As `place`, for the key of the value."""
        found = self._trace(route)
        last = self._last(found)
        return last.document.key_place((*last.route, *found.rest))

    def target(self, route: Route) -> tuple[Document, Route]:
        """The document in which a change at a route of the merged spec is made, and the route there."""
        found = self._trace(route)
        last = self._last(found)
        return last.document, (*last.route, *found.rest)

    def chain(self, route: Route) -> tuple[Write, ...]:
        """The words on that value that were overridden, the most recent first; a `null` that took it away too."""
        found = self._trace(route)
        if found.rest:
            return ()
        return tuple(self._write(layer) for layer in sorted(found.lost, key=lambda layer: -layer.index))

    def located(self, found: Diagnostic) -> Diagnostic:
        """The finding with every place that is still symbolic turned into file, line and column."""
        related = tuple(replace(other, place=self._concrete(other.place)) for other in found.related)
        return replace(found, place=self._concrete(found.place), related=related)

    def _concrete(self, place: Place) -> Place:
        if place.file:
            return place
        found = self.key_place(place.route) if place.on_key else self.place(place.route)
        return replace(found, route=place.route)

    def _trace(self, route: Route) -> Trace:
        *profiles, own = self.documents
        return trace([*map(_shared, profiles), own.value], route)

    def _last(self, found: Trace) -> Write:
        return self._write(found.live[-1])

    def _write(self, layer: Layer) -> Write:
        return Write(self.documents[layer.index], layer.value, layer.route)


class Profiles:
    """The profiles of one folder. Each is read once, and so is each list of them that clusters extend."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._read: dict[str, Document | BadInput | None] = {}
        self._bases: dict[str, tuple[tuple[Document, ...], dict[str, Plain]]] = {}

    @property
    def shown(self) -> str:
        """The folder as it is printed."""
        return self._folder.shown

    def merged(self, cluster: Document) -> Merged:
        """The cluster's spec on top of its profiles; BadInput with everything that is wrong with them."""
        documents, base = self._base(cluster)
        return Merged(merge(base, cluster.value), (*documents, cluster))

    def unread(self) -> Iterator[str]:
        """The names of the profiles that nothing has extended so far."""
        return (name for name in self._folder.names() if name not in self._read)

    def read(self, name: str) -> Document | None:
        """A profile by its name, None when there is no such file; BadInput when it cannot be read or is no profile."""
        if name not in self._read:
            self._read[name] = self._judged(name)
        known = self._read[name]
        if isinstance(known, BadInput):
            raise known
        return known

    def _judged(self, name: str) -> Document | BadInput | None:
        try:
            document = self._folder.find(name)
        except BadInput as failed:
            return failed
        if document is None or document.value.get("kind") == "Profile":
            return document
        place = document.place(("kind",))
        return BadInput(
            [rules.NOT_A_PROFILE.report("not of `kind: Profile`", at=place, help="write `kind: Profile`")]
        )

    def _base(self, cluster: Document) -> tuple[tuple[Document, ...], dict[str, Plain]]:
        """The profiles of a cluster in the order in which they are merged, and what they come to."""
        key = repr(cluster.value.get("extends"))
        if key not in self._bases:
            documents = _Order(self).of(cluster)
            self._bases[key] = (documents, reduce(merge, map(_shared, documents), {}))
        return self._bases[key]

    def missing(self, name: str, place: Place) -> Diagnostic:
        """The finding about a name for which there is no file."""
        names = sorted(self._folder.names())
        near = difflib.get_close_matches(name, names, n=1)
        if near:
            help_ = f"did you mean `{near[0]}`?"
        elif names:
            help_ = f"there are {', '.join(f'`{name}`' for name in names[:_LISTED])}" + (
                ", ..." if names[_LISTED:] else ""
            )
        else:
            help_ = f"there are no profiles in {self.shown}"
        return rules.MISSING_PROFILE.report(f"no profile `{name}`", at=place, help=help_)


@dataclass(frozen=True, slots=True)
class _Step:
    """A profile's name in the `extends` of a document. Its place is looked up only for a finding: that costs."""

    name: str
    document: Document
    index: int

    @property
    def place(self) -> Place:
        """Where the name stands."""
        return self.document.place(("extends", self.index))


class _Order:
    """One walk through `extends`, depth first, that gathers documents and findings."""

    def __init__(self, profiles: Profiles) -> None:
        self._profiles = profiles
        self._done: dict[str, Document] = {}
        self._found: list[Diagnostic] = []

    def of(self, cluster: Document) -> tuple[Document, ...]:
        """The profiles below a cluster, lowest first; BadInput with every finding."""
        self._visit(cluster, ())
        if self._found:
            raise BadInput(self._found)
        return tuple(self._done.values())

    def _visit(self, document: Document, path: tuple["_Step", ...]) -> None:
        """Go through what a document extends; `path` is how it was reached."""
        for step in self._names(document):
            if step.name in (reached.name for reached in path):
                self._found.append(_cycle([(one.name, one.place) for one in (*path, step)]))
            elif step.name not in self._done:
                self._enter(step.name, (*path, step))

    def _enter(self, name: str, path: tuple["_Step", ...]) -> None:
        try:
            document = self._profiles.read(name)
        except BadInput as failed:
            self._found += failed.found
            return
        if document is None:
            self._found.append(self._profiles.missing(name, path[-1].place))
            return
        self._visit(document, path)
        self._done[name] = document

    def _names(self, document: Document) -> Iterator["_Step"]:
        extends = document.value.get("extends")
        if extends is not None and not isinstance(extends, list):
            place = document.place(("extends",))
            self._found.append(
                rules.BAD_EXTENDS.report("no list of profiles", at=place, help="write `extends: [name]`")
            )
            return
        for index, name in enumerate(extends or []):
            if isinstance(name, str) and _NAME.match(name):
                yield _Step(name, document, index)
            else:
                place = document.place(("extends", index))
                help_ = f"name a file in {self._profiles.shown} without folder and ending"
                self._found.append(
                    rules.BAD_EXTENDS.report(f"`{name}` is no profile's name", at=place, help=help_)
                )


def _shared(document: Document) -> dict[str, Plain]:
    """What a profile passes on."""
    return {key: value for key, value in document.value.items() if key not in OWN}


def _cycle(path: list[tuple[str, Place]]) -> Diagnostic:
    """The finding about a circle; it begins with its first name in the alphabet, wherever it was entered."""
    names = [name for name, _ in path]
    circle = path[names.index(names[-1]) + 1 :]
    first = min(range(len(circle)), key=lambda index: circle[index][0])
    turned = [*circle[first + 1 :], *circle[: first + 1]]
    words = " -> ".join(f"`{name}`" for name in (turned[-1][0], *(name for name, _ in turned)))
    return rules.PROFILE_CYCLE.report(
        f"profiles extend each other in a circle: {words}",
        at=turned[0][1],
        help="take one of them out of `extends`",
        related=tuple(Related(place, f"`{name}` is extended here") for name, place in turned[1:]),
    )


def remerged(merged: Merged, document: Document, value: object) -> dict[str, Plain]:
    """What a cluster's spec would be with another value of one of its documents."""
    *below, own = (
        Document(one.file, one.text, cast("dict[str, Plain]", value)) if one is document else one
        for one in merged.documents
    )
    return merge(reduce(merge, map(_shared, below), {}), own.value)

"""What is explained: one cluster's model, its spec, what is made of them, and whom to ask for the rest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from backstay.core.diagnostic import Diagnostic
from backstay.core.manifest import Plain, Settled
from backstay.core.place import Place
from backstay.core.route import Route
from backstay.explain.fields import Field, fields
from backstay.model.cluster import Cluster


@dataclass(frozen=True, slots=True)
class Said:
    """One file's word on a spec value: what it says, where, and whether the file is a profile."""

    value: Plain
    place: Place
    profile: bool


@dataclass(frozen=True)  # without slots, so that the fields are found once, and only where they are asked for
class Output:
    """An output file: its path below the output folder (`prod-eu/component/...`), and what is in it."""

    path: str
    settled: Settled

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """Every leaf of the file."""
        return tuple(fields(self.settled))


@dataclass(frozen=True, slots=True)
class Meaning:
    """A spec field in a sentence, its default in words (empty: none), and all its values where these are few."""

    words: str = ""
    default: str = ""
    choices: tuple[Plain, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """The cluster compiled without one spec value, or with another in its place.

    `instead` is the overridden word that then counts, None when none does. `refused` says why there is no
    such cluster; empty when there is one.
    """

    instead: Said | None
    outputs: tuple[Output, ...] = ()
    findings: tuple[Diagnostic, ...] = ()
    refused: str = ""


ShortForm = Callable[[Route], str | None]
"""What a scalar at a route is short for: `version` where `pipelines: "2.15"` stands; None: nothing."""


def no_short_form(_route: Route) -> str | None:
    """Of a spec that has none."""
    return None


@dataclass(frozen=True, slots=True, eq=False)  # one is like no other: what is looked up in it is kept by it
class Subject:
    """One compiled cluster.

    `said` tells who says a spec value: the word that counts first, then those that it overrides; nothing when
    nobody wrote it. `meaning` is about a field of the spec, None when there is no such field. `rule_name` names a
    rule by its id. `short` tells what a scalar at a route is short for. `trial` compiles the cluster with another value at a route of the spec; None leaves it out.
    """

    cluster: Cluster
    spec: Mapping[str, Plain]
    outputs: tuple[Output, ...]
    findings: tuple[Diagnostic, ...]
    said: Callable[[Route], tuple[Said, ...]]
    meaning: Callable[[Route], Meaning | None]
    rule_name: Callable[[str], str]
    trial: Callable[[Route, Plain], Trial]
    short: ShortForm = no_short_form

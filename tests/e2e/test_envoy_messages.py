"""The field table and the merge are those of the protobuf definitions that istiod is built with."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backstay.prove.istiod.fields import Field, Shape, fields_of
from backstay.prove.istiod.merge import merge
from backstay.prove.istiod.values import read_value
from e2e.support.process import run

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.support.toolbox import GetProgram

pytestmark = pytest.mark.e2e

SECONDS = 60
MESSAGES = (
    "envoy.config.cluster.v3.Cluster",
    "envoy.config.listener.v3.Listener",
    "envoy.config.route.v3.RouteConfiguration",
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    "envoy.config.core.v3.Metadata",
    "envoy.extensions.filters.http.lua.v3.Lua",
    "udpa.type.v1.TypedStruct",
)
NAMES = st.sampled_from("ab")
SCALARS = {
    "bool": st.booleans(),
    "string": st.text("ab", max_size=2),
    "bytes": st.sampled_from(["", "Zm9v"]),
    "double": st.integers(0, 3),
    "float": st.integers(0, 3),
    **dict.fromkeys(("int32", "int64"), st.integers(-2, 2)),
    **dict.fromkeys(("uint32", "uint64"), st.integers(0, 2)),
}
STRUCTS = st.dictionaries(
    NAMES, st.one_of(st.integers(0, 2), st.dictionaries(NAMES, NAMES, max_size=2)), max_size=2
)
# zero durations are where Istio differs from protobuf; the unit tests have that
WELL_KNOWN = {
    "google.protobuf.Duration": st.integers(1, 90).map(lambda each: f"{each}s"),
    "google.protobuf.Struct": STRUCTS,
    "google.protobuf.Empty": st.just({}),
}


@cache
def values(kind: str, depth: int) -> st.SearchStrategy | None:
    """Return values of a kind in protobuf's JSON; None for kinds that are left out, such as Any."""
    spec = Field(kind, Shape.ONE, "", present=True)
    if kind.startswith("enum:"):
        return st.just(kind.removeprefix("enum:"))
    if spec.wrapped:
        return SCALARS[spec.wrapped.lower()]
    if kind.startswith("google.protobuf.") or not spec.is_message:
        return WELL_KNOWN.get(kind, SCALARS.get(kind))
    return twins(kind, depth - 1).map(lambda both: both[0]) if depth else None


def filled(spec: Field, depth: int) -> st.SearchStrategy | None:
    """Return pairs of values for a field, of its shape; None when its kind is left out."""
    single = values(spec.kind, depth)
    if single is None:
        return None
    if spec.shape is Shape.LIST:
        single = st.lists(single, max_size=2)
    if spec.shape is Shape.MAP:
        single = st.dictionaries(NAMES, single, max_size=2)
    nested = spec.shape is Shape.ONE and fields_of(spec.kind) is not None
    return twins(spec.kind, depth - 1) if nested else st.tuples(single, single)


@cache
def twins(name: str, depth: int) -> st.SearchStrategy:
    """Return pairs of messages that set the same few fields, and different members of a oneof where they set one."""
    fields = {
        field: pair for field, spec in fields_of(name).items() if (pair := filled(spec, depth)) is not None
    }
    if not fields:
        return st.just(({}, {}))
    picked = st.lists(st.sampled_from(sorted(fields)), max_size=5, unique=True)
    drawn = picked.flatmap(lambda chosen: st.fixed_dictionaries({field: fields[field] for field in chosen}))
    return drawn.map(lambda pairs: (side(name, pairs, 0), side(name, dict(reversed(pairs.items())), 1)))


def side(name: str, pairs: dict, index: int) -> dict:
    """Return one message of a pair, the first member of every oneof."""
    groups: dict[str, str] = {}
    for field in pairs:
        groups.setdefault(fields_of(name)[field].oneof or field, field)
    return {field: pairs[field][index] for field in groups.values()}


@pytest.fixture(scope="session")
def envoyproto(program: GetProgram) -> Path:
    """The program that knows Envoy's messages."""
    return program("envoyproto")


def test_the_field_table_is_what_the_definitions_say(envoyproto: Path):
    """To renew it, write the program's output over the file."""
    printed = run([str(envoyproto), "fields"], folder=envoyproto.parent, seconds=SECONDS)
    assert files("backstay.prove.istiod").joinpath("fields.json").read_text("utf-8") == printed


def cases() -> st.SearchStrategy:
    """Return two messages of one type, as the program reads them."""
    pair = st.sampled_from(MESSAGES).flatmap(lambda name: st.tuples(st.just(name), twins(name, 3)))
    return pair.map(lambda drawn: {"type": drawn[0], "into": drawn[1][0], "from": drawn[1][1]})


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.lists(cases(), min_size=20, max_size=30))
def test_merging_is_what_protobuf_does(envoyproto: Path, asked: list[dict]):
    """On messages of every shape: what one reads, the other reads, and the merges are equal."""
    printed = run(
        [str(envoyproto), "merge"], folder=envoyproto.parent, seconds=SECONDS, text=json.dumps(asked)
    )
    for case, expected in zip(asked, json.loads(printed), strict=True):
        into, value = (read_value(case[side], case["type"]).value for side in ("into", "from"))
        assert merge(into, value, case["type"]) == expected

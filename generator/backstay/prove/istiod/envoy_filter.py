"""EnvoyFilter objects as typed patches, or refused as the admission webhook refuses them.

Shapes and refusals: istio/api networking/v1alpha3/envoy_filter.proto and istio/istio
pkg/config/validation (validateEnvoyFilter).
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from backstay.core.diagnostic import ObjectRef
from backstay.prove.istiod.journal import Journal
from backstay.prove.istiod.shape import Struct, labels, part, struct, structs, text
from backstay.prove.istiod.values import Reading, read_value
from backstay.prove.istiod.words import Context, NoteKind, Refused, identity

Word = TypeVar("Word", bound=StrEnum)

HTTP_CONNECTION_MANAGER = "envoy.filters.network.http_connection_manager"
_LISTENER = "envoy.config.listener.v3."
_ROUTE = "envoy.config.route.v3."


class ApplyTo(StrEnum):
    """What kind of Envoy object a patch edits."""

    LISTENER = "LISTENER"
    FILTER_CHAIN = "FILTER_CHAIN"
    NETWORK_FILTER = "NETWORK_FILTER"
    HTTP_FILTER = "HTTP_FILTER"
    LISTENER_FILTER = "LISTENER_FILTER"
    ROUTE_CONFIGURATION = "ROUTE_CONFIGURATION"
    VIRTUAL_HOST = "VIRTUAL_HOST"
    HTTP_ROUTE = "HTTP_ROUTE"
    CLUSTER = "CLUSTER"
    EXTENSION_CONFIG = "EXTENSION_CONFIG"
    BOOTSTRAP = "BOOTSTRAP"


class Operation(StrEnum):
    """What a patch does with the object."""

    MERGE = "MERGE"
    MERGE_AND_REPLACE_LIST = "MERGE_AND_REPLACE_LIST"
    ADD = "ADD"
    REMOVE = "REMOVE"
    INSERT_BEFORE = "INSERT_BEFORE"
    INSERT_AFTER = "INSERT_AFTER"
    INSERT_FIRST = "INSERT_FIRST"
    REPLACE = "REPLACE"


MESSAGES = {
    ApplyTo.LISTENER: _LISTENER + "Listener",
    ApplyTo.FILTER_CHAIN: _LISTENER + "FilterChain",
    ApplyTo.NETWORK_FILTER: _LISTENER + "Filter",
    ApplyTo.HTTP_FILTER: "envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter",
    ApplyTo.LISTENER_FILTER: _LISTENER + "ListenerFilter",
    ApplyTo.ROUTE_CONFIGURATION: _ROUTE + "RouteConfiguration",
    ApplyTo.VIRTUAL_HOST: _ROUTE + "VirtualHost",
    ApplyTo.HTTP_ROUTE: _ROUTE + "Route",
    ApplyTo.CLUSTER: "envoy.config.cluster.v3.Cluster",
    ApplyTo.EXTENSION_CONFIG: "envoy.config.core.v3.TypedExtensionConfig",
}
_MATCH_OF = {
    ApplyTo.LISTENER: "listener",
    ApplyTo.FILTER_CHAIN: "listener",
    ApplyTo.NETWORK_FILTER: "listener",
    ApplyTo.HTTP_FILTER: "listener",
    ApplyTo.LISTENER_FILTER: "listener",
    ApplyTo.ROUTE_CONFIGURATION: "route_configuration",
    ApplyTo.VIRTUAL_HOST: "route_configuration",
    ApplyTo.HTTP_ROUTE: "route_configuration",
    ApplyTo.CLUSTER: "cluster",
}
_INSERTS = frozenset({Operation.INSERT_BEFORE, Operation.INSERT_AFTER, Operation.INSERT_FIRST})
_INSERTABLE = frozenset(
    {ApplyTo.NETWORK_FILTER, ApplyTo.HTTP_FILTER, ApplyTo.HTTP_ROUTE, ApplyTo.LISTENER_FILTER}
)
_REPLACE_LISTS_SINCE = (1, 31)


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """One entry of `spec.configPatches`, read and checked.

    `match` is the entry's whole match object, as written; `value` is in the settled form of the message that
    `apply_to` edits, empty for a removal.
    """

    of: ObjectRef
    where: str
    apply_to: ApplyTo
    operation: Operation
    context: Context
    match: Struct
    value: Struct

    @property
    def merges(self) -> bool:
        """Whether the operation is one of the two merges."""
        return self.operation in (Operation.MERGE, Operation.MERGE_AND_REPLACE_LIST)

    @property
    def replaces_lists(self) -> bool:
        """Whether a merge puts lists in the place of lists."""
        return self.operation is Operation.MERGE_AND_REPLACE_LIST

    @property
    def listener(self) -> Struct:
        """The listener match; empty when the patch does not look at listeners."""
        return struct(self.match, "listener")

    def fits(self, context: Context) -> bool:
        """Whether the patch applies in a context at all."""
        return self.context in (Context.ANY, context)


def read_patches(value: Struct, release: tuple[int, int], journal: Journal) -> list[Patch]:
    """The patches of an EnvoyFilter; none, and the reasons in the journal, when the webhook rejects the object."""
    of, patches, refused = identity(value), [], False
    for index, entry in enumerate(structs(value, "spec", "config_patches")):
        where = f"spec.configPatches[{index}]"
        try:
            patches.append(_read(entry, of, where, release, journal))
        except Refused as why:
            journal.say(NoteKind.REFUSED, of, where, str(why))
            refused = True
    if struct(value, "spec", "workload_selector") and part(struct(value, "spec"), "target_refs"):
        journal.say(NoteKind.REFUSED, of, "spec", "workloadSelector and targetRefs exclude each other")
        refused = True
    return [] if refused else patches


def _read(entry: Struct, of: ObjectRef, where: str, release: tuple[int, int], journal: Journal) -> Patch:
    apply_to = _word(ApplyTo, text(entry, "apply_to"), "applyTo")
    operation = _word(Operation, text(entry, "patch", "operation"), "patch.operation")
    if operation is Operation.MERGE_AND_REPLACE_LIST and release < _REPLACE_LISTS_SINCE:
        raise Refused("MERGE_AND_REPLACE_LIST needs Istio 1.31")
    match = struct(entry, "match")
    context = _word(Context, text(match, "context") or Context.ANY, "match.context")
    _check_match(apply_to, match)
    reading = _value(entry, apply_to, operation)
    _report(reading, of, where, journal)
    return Patch(of, where, apply_to, _settled(operation, apply_to), context, match, reading.value)


def _word(words: type[Word], found: str, field: str) -> Word:
    try:
        return words(found)
    except ValueError:
        raise Refused(f"{field} is {found!r}" if found else f"{field} is missing") from None


def _settled(operation: Operation, apply_to: ApplyTo) -> Operation:
    """Inserting makes sense among filters and routes only; elsewhere istiod adds."""
    return Operation.ADD if operation in _INSERTS and apply_to not in _INSERTABLE else operation


def _value(entry: Struct, apply_to: ApplyTo, operation: Operation) -> Reading:
    value = part(struct(entry, "patch"), "value")
    if value is None:
        if operation is not Operation.REMOVE:
            raise Refused("patch.value is missing, and the operation is not REMOVE")
        return Reading({}, (), ())
    if apply_to is ApplyTo.BOOTSTRAP:
        return Reading(struct(entry, "patch", "value"), (), ())
    return read_value(value, MESSAGES[apply_to])


def _report(reading: Reading, of: ObjectRef, where: str, journal: Journal) -> None:
    for lost in reading.unknown:
        journal.say(NoteKind.DROPPED, of, f"{where}.patch.value", lost)
    for message in reading.opaque:
        told = f"the fields of {message} are not known here: they are taken as written"
        journal.say(NoteKind.UNMODELLED, of, f"{where}.patch.value", told)


def _check_match(apply_to: ApplyTo, match: Struct) -> None:
    given = [name for name in sorted(set(_MATCH_OF.values())) if part(match, name) is not None]
    if given and given != [_MATCH_OF.get(apply_to, *given)]:
        raise Refused(f"applyTo {apply_to} cannot have a match on {' and '.join(given)}")
    if part(struct(match, "listener", "filter_chain"), "filter") is not None:
        _check_filter(apply_to, struct(match, "listener", "filter_chain", "filter"))
    try:
        re.compile(text(match, "proxy", "proxy_version"))
    except re.error as why:
        raise Refused(f"match.proxy.proxyVersion is not a regular expression: {why}") from None
    if not all(isinstance(item, str) for item in struct(match, "proxy", "metadata").values()):
        raise Refused("match.proxy.metadata holds something other than text")


def _check_filter(apply_to: ApplyTo, wanted: Struct) -> None:
    if not text(wanted, "name"):
        raise Refused("the filter match has no name to match on")
    if part(wanted, "sub_filter") is None:
        return
    if apply_to is not ApplyTo.HTTP_FILTER:
        raise Refused("a subFilter match needs applyTo HTTP_FILTER")
    if text(wanted, "name") != HTTP_CONNECTION_MANAGER:
        raise Refused(f"a subFilter match needs a filter match on {HTTP_CONNECTION_MANAGER}")
    if not labels(wanted, "sub_filter").get("name"):
        raise Refused("the subFilter match has no name to match on")

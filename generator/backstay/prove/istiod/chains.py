"""Patches inside a listener: listener filters, filter chains, network filters, HTTP filters.

istio/istio pilot/pkg/networking/core/envoyfilter/listener_patch.go. istiod edits in place, so after a panic the edits
made so far remain; these functions do the same to the listener they are given.
"""

from functools import partial

from backstay.prove.istiod import match
from backstay.prove.istiod.edits import edited, merge_filter
from backstay.prove.istiod.envoy_filter import HTTP_CONNECTION_MANAGER, MESSAGES, ApplyTo, Operation, Patch
from backstay.prove.istiod.group import Group, copy_of
from backstay.prove.istiod.merge import merge, merge_any
from backstay.prove.istiod.shape import Struct, become, part, store, struct, structs, text
from backstay.prove.istiod.words import NoteKind

_HCM_TYPE = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_LISTENER_FILTER_MERGE_SINCE = (1, 27)


def patch_listener_filters(listener: Struct, group: Group) -> None:
    """LISTENER_FILTER patches; a MERGE is tried on every listener filter, whatever name it asks for."""
    for patch in group.of(ApplyTo.LISTENER_FILTER):
        if not match.fits_listener(listener, patch):
            continue
        items, wanted = structs(listener, "listener_filters"), match.listener_filter(patch)
        if patch.merges:
            _merge_listener_filters(items, patch, wanted, group)
        else:
            _put(listener, "listener_filters", edited(items, patch, wanted), patch, group)


def _merge_listener_filters(items: list[Struct], patch: Patch, wanted: str | None, group: Group) -> None:
    if wanted is None or group.release < _LISTENER_FILTER_MERGE_SINCE:
        group.say(
            patch, NoteKind.SKIPPED, "MERGE of a listener filter needs a listenerFilter match and Istio 1.27"
        )
        return
    for item in items:
        _merge_one(item, patch, group)


def patch_chains(listener: Struct, group: Group) -> None:
    """FILTER_CHAIN patches and everything below, chain by chain; then chains are added and removed ones dropped."""
    chains = structs(listener, "filter_chains")
    kept = [chain for chain in chains if _keeps(listener, chain, group)]
    default = struct(listener, "default_filter_chain")
    if default and not _keeps(listener, default, group):
        del listener["default_filter_chain"]
    for patch in group.of(ApplyTo.FILTER_CHAIN):
        if patch.operation is Operation.ADD and match.fits_listener(listener, patch):
            group.met(patch)
            kept.append(copy_of(patch))
    store(listener, "filter_chains", kept)


def _keeps(listener: Struct, chain: Struct, group: Group) -> bool:
    """Patch one chain; False when it is removed. A chain without filters does not outlive the first patch."""
    if part(chain, "filters") is None:
        return False
    for patch in group.of(ApplyTo.FILTER_CHAIN):
        if not (match.fits_listener(listener, patch) and match.fits_chain(listener, chain, patch)):
            continue
        if patch.operation is Operation.REMOVE:
            group.met(patch)
            return False
        if patch.merges:
            group.attempt(patch, partial(_merge_chain, chain, patch))
    _patch_network_filters(listener, chain, group)
    return True


def _merge_chain(chain: Struct, patch: Patch) -> None:
    """A transport socket of the same name is merged unpacked, and then the rest of the value is not looked at."""
    ours, theirs = struct(chain, "transport_socket"), struct(patch.value, "transport_socket")
    if ours and theirs and text(ours, "name") == text(theirs, "name"):
        merge_socket(ours, theirs)
        return
    become(
        chain, merge(chain, patch.value, MESSAGES[ApplyTo.FILTER_CHAIN], replace_lists=patch.replaces_lists)
    )


def merge_socket(ours: Struct, theirs: Struct) -> None:
    """Merge the configuration of one transport socket into another's, in place, when both have one."""
    mine, other = struct(ours, "typed_config"), struct(theirs, "typed_config")
    if mine and other:
        ours["typed_config"] = merge_any(mine, other)


def _patch_network_filters(listener: Struct, chain: Struct, group: Group) -> None:
    patches = [
        patch
        for patch in group.of(ApplyTo.NETWORK_FILTER)
        if match.fits_listener(listener, patch) and match.fits_chain(listener, chain, patch)
    ]
    for patch in patches:
        if not patch.merges:
            changed = edited(structs(chain, "filters"), patch, match.network_filter(patch))
            _put(chain, "filters", changed, patch, group)
    for item in structs(chain, "filters"):
        for patch in patches:
            if patch.merges and match.fits_name(match.network_filter(patch), item):
                _merge_one(item, patch, group)
        if text(item, "name") == HTTP_CONNECTION_MANAGER:
            _patch_http_filters(listener, chain, item, group)


def _patch_http_filters(listener: Struct, chain: Struct, manager: Struct, group: Group) -> None:
    config = struct(manager, "typed_config")
    if not str(config.get("@type")).endswith(_HCM_TYPE):
        return
    patches = [
        patch
        for patch in group.of(ApplyTo.HTTP_FILTER)
        if match.fits_listener(listener, patch)
        and match.fits_chain(listener, chain, patch)
        and match.fits_name(match.network_filter(patch), manager)
    ]
    for patch in patches:
        if not patch.merges:
            changed = edited(structs(config, "http_filters"), patch, match.http_filter(patch))
            _put(config, "http_filters", changed, patch, group)
    for item in structs(config, "http_filters"):
        for patch in patches:
            if patch.merges and match.fits_name(match.http_filter(patch), item):
                _merge_one(item, patch, group)


def _merge_one(item: Struct, patch: Patch, group: Group) -> None:
    if group.attempt(patch, partial(merge_filter, item, patch)):
        return
    told = f"filter `{text(item, 'name')}` has no configuration that istiod can unpack: it stays as it is"
    group.say(patch, NoteKind.SKIPPED, told)


def _put(owner: Struct, name: str, changed: list[Struct] | None, patch: Patch, group: Group) -> None:
    if changed is not None:
        group.met(patch)
        store(owner, name, changed)

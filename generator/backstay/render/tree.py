"""All files of one cluster, as bytes by name."""

from collections.abc import Iterable, Sequence

from backstay.core.manifest import Settled
from backstay.render.file import render_file, render_json
from backstay.render.header import Header
from backstay.render.names import clash_in, fault_of
from backstay.render.provenance import FILE, WriterOf, provenance


def render_tree(
    cluster: str,
    settled: Iterable[Settled],
    header: Header,
    writer_of: WriterOf,
    beside: Sequence[Settled] = (),
) -> dict[str, bytes]:
    """A cluster's files with provenance.json among them, by name; the order of `settled` does not matter.

    `beside` are files of this cluster that are kept in another folder: provenance.json speaks of them too.

    Raises AssertionError for names that are unsafe or clash (emitters choose them, users do not) and ValueError
    for a value without a form that all readers share.
    """
    ordered = sorted(settled, key=lambda one: one.file)
    _require_sound_names([*(one.file for one in ordered), FILE])
    files = {one.file: render_file(one, header) for one in ordered}
    files[FILE] = render_json(provenance(cluster, [*ordered, *beside], writer_of), header)
    return dict(sorted(files.items()))


def _require_sound_names(names: list[str]) -> None:
    for name in names:
        fault = fault_of(name)
        if fault:
            raise AssertionError(f"no file may be called {name!r}: {fault}")
    clash = clash_in(names)
    if clash:
        raise AssertionError(f"two files want the name {clash!r}")

"""Specs as plain values through the whole compiler, in memory."""

from collections.abc import Mapping

from backstay.model.tuning import NO_TUNING, Tuning
from backstay.pipeline import Compiled, Source, render
from backstay.pipeline import compile_spec as _compile
from backstay.render.header import Header

HEADER = Header("specs/clusters/test.yaml")


def source(value: Mapping[str, object]) -> Source:
    """A spec that nobody wrote to a file: places stay symbolic."""
    return Source(value, HEADER, lambda _route: "specs/clusters/test.yaml", lambda finding: finding)


def compile_spec(value: Mapping[str, object], tuning: Tuning = NO_TUNING) -> Compiled:
    """Findings, model and settled manifests of a spec, under an organisation's policy."""
    return _compile(source(value), tuning)


def files_of(value: Mapping[str, object]) -> dict[str, bytes]:
    """The bytes that a clean spec becomes, by file name."""
    compiled = compile_spec(value)
    assert not compiled.stops, [f"{d.rule} {d.place}: {d.message}" for d in compiled.findings]
    return render(compiled, source(value))

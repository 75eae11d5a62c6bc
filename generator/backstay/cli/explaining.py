"""Compiled clusters as `explain` sees them: with their spec's history, and with the compiler to ask what if."""

from backstay.cli.loading import Loaded
from backstay.core.diagnostic import Diagnostic, Severity
from backstay.core.manifest import Plain
from backstay.core.route import Route, look_up
from backstay.explain.steps import with_value
from backstay.explain.subject import Meaning, Output, Said, Subject, Trial
from backstay.explain.target import has
from backstay.explain.words import shown
from backstay.load.profiles import Merged
from backstay.model.tuning import Tuning
from backstay.pipeline import FLEET, Compiled, Source, compile_spec
from backstay.rules import rules_by_id
from backstay.spec.meaning import meaning
from backstay.spec.parse import short_form


def name_of(merged: Merged) -> str:
    """The cluster's name; empty when its spec has none."""
    metadata = merged.value.get("metadata")
    return str(metadata.get("name") or "") if isinstance(metadata, dict) else ""


def knows(merged: Merged, route: Route) -> bool:
    """Whether a route is one of the spec's: stated, or a field that could be."""
    return has(merged.value, route, short_form) or _meaning(merged, route) is not None


def subject_of(loaded: Loaded) -> Subject | None:
    """A cluster to explain; None when its spec did not become one."""
    merged, source, compiled = loaded.merged, loaded.source, loaded.compiled
    if merged is None or source is None or compiled is None or compiled.cluster is None:
        return None
    tuning = compiled.cluster.tuning
    return Subject(
        compiled.cluster, merged.value, _outputs(compiled), tuple(compiled.findings),
        lambda route: said(merged, route), lambda route: _meaning(merged, route), _rule_name,
        lambda route, other: _trial(merged, source, route, other, tuning), short_form,
    )  # fmt: skip


def _outputs(compiled: Compiled) -> tuple[Output, ...]:
    name = compiled.cluster.name if compiled.cluster else ""
    own = (Output(f"{name}/{one.file}", one) for one in compiled.settled)
    return (*own, *(Output(f"{FLEET}/{one.file}", one) for one in compiled.fleet))


def said(merged: Merged, route: Route) -> tuple[Said, ...]:
    """Who says a value of the merged spec: the word that counts, then those that it overrides."""
    if not has(merged.value, route, short_form):
        return ()
    first = Said(
        _plain(look_up(merged.value, route)), merged.place(route), merged.writer(route).file != merged.file
    )
    lost = (Said(one.value, one.place, one.document.file != merged.file) for one in merged.chain(route))
    return (first, *lost)


def _meaning(merged: Merged, route: Route) -> Meaning | None:
    found = meaning(route)
    if found is None or not has(merged.value, found.chosen, short_form):
        return None
    default = "" if found.default in (None, {}, []) else shown(_plain(found.default))
    return Meaning(found.words, default, tuple(_plain(choice) for choice in found.choices))


def _rule_name(id_: str) -> str:
    rule = rules_by_id().get(id_)
    return rule.name if rule else ""


def _trial(merged: Merged, source: Source, route: Route, other: Plain, tuning: Tuning) -> Trial:
    """The cluster with another value; where that is None, with the word that the value overrides, or without any."""
    overridden = (one for one in said(merged, route)[1:] if one.value is not None)
    instead = next(overridden, None) if other is None else None
    value = with_value(merged.value, route, other if instead is None else instead.value, short_form)
    trial = compile_spec(Source(value, source.header, source.writer_of, lambda finding: finding), tuning)
    if trial.cluster is None:
        return Trial(instead, refused=_reason(trial.findings))
    return Trial(instead, _outputs(trial), tuple(trial.findings))


def _reason(findings: list[Diagnostic]) -> str:
    return next(
        (one.message for one in findings if one.severity is Severity.ERROR), "the spec would not be sound"
    )


def _plain(value: object) -> Plain:
    return value if isinstance(value, bool | int | float | str | list | dict) else None

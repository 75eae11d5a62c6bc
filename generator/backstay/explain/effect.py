"""What would be different without a spec value: the cluster is compiled without it, and the two are compared.

Origins say what a field is made of; only this says what exists, or is shaped as it is, because of a spec value.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from backstay.core.diagnostic import Diagnostic
from backstay.core.manifest import Plain, Role
from backstay.core.route import Route
from backstay.explain.fields import Field
from backstay.explain.subject import Output, Said, Subject, Trial

_INDEX = "bundle/bundle.yaml"


@dataclass(frozen=True, slots=True)
class Change:
    """A field that would read otherwise: `now` or `then` None where it is not there; `one` is that of the two which is."""

    path: str
    one: Field
    now: Field | None
    then: Field | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What leaving a value out, or another in its place, comes to.

    `taken` is what was left out: the value, or the smallest thing around it that can be; `put` is the value in its
    place, None for none; `refused` says why the value itself cannot be so. `instead` is the overridden word that
    would count. Files that would go or come are not told field by field, nor the lists of files that follow from them.
    """

    taken: Route
    put: Plain
    refused: str
    instead: Said | None = None
    gone: tuple[str, ...] = ()
    come: tuple[str, ...] = ()
    changed: tuple[Change, ...] = ()
    silenced: tuple[Diagnostic, ...] = ()
    raised: tuple[Diagnostic, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether output and findings would stay as they are."""
        return not (self.gone or self.come or self.changed or self.silenced or self.raised)


def effect(subject: Subject, route: Route, *, widen: bool) -> Effect:
    """What leaving out the value at a route comes to.

    A value that the spec cannot do without is answered by the smallest container around it that can be left out,
    if `widen` and there is one; else by an effect that is all refusal.
    """
    first = subject.trial(route, None)
    if not first.refused:
        return _compared(subject, Effect(route, None, ""), first)
    for end in range(len(route) - 1, 1, -1) if widen else ():
        trial = subject.trial(route[:end], None)
        if not trial.refused:
            return _compared(subject, Effect(route[:end], None, first.refused), trial)
    return Effect(route, None, first.refused)


def effects(subject: Subject, route: Route, values: Iterable[Plain]) -> tuple[Effect, ...]:
    """What each of some other values would come to."""
    trials = ((value, subject.trial(route, value)) for value in values)
    return tuple(
        Effect(route, value, trial.refused)
        if trial.refused
        else _compared(subject, Effect(route, value, ""), trial)
        for value, trial in trials
    )


def _compared(subject: Subject, tried: Effect, trial: Trial) -> Effect:
    now = {output.path: output for output in subject.outputs}
    then = {output.path: output for output in trial.outputs}
    gone, come = (
        tuple(path for path in now if path not in then),
        tuple(path for path in then if path not in now),
    )
    changes = (change for path in now if path in then for change in _changes(now[path], then[path]))
    told = tuple(change for change in changes if not _follows(change, now[change.path], (*gone, *come)))
    return replace(
        tried, instead=trial.instead, gone=gone, come=come, changed=told,
        silenced=_beyond(subject.findings, trial.findings), raised=_beyond(trial.findings, subject.findings),
    )  # fmt: skip


def _changes(now: Output, then: Output) -> Iterator[Change]:
    if now.settled.value == then.settled.value:
        return
    old, new = _by_name(now), _by_name(then)
    for way in dict.fromkeys((*old, *new)):
        was, becomes = old.get(way), new.get(way)
        if was is None or becomes is None or was.value != becomes.value:
            one = was or becomes
            assert one is not None  # noqa: S101 - each way comes from one of the two
            yield Change(now.path, one, was, becomes)


def _by_name(output: Output) -> Mapping[Route, Field]:
    return {one.named: one for one in output.fields}


def _follows(change: Change, output: Output, moved: Sequence[str]) -> bool:
    """Whether a change is the mere listing of files: of those that go or come, or of the bundle's digests."""
    if output.settled.file == _INDEX:
        return change.one.route[:1] == ("files",)
    values: list[Plain] = [one.value for one in (change.now, change.then) if one is not None]
    listed = output.settled.role is Role.KUSTOMIZE
    return listed and any(isinstance(v, str) and path.endswith(f"/{v}") for v in values for path in moved)


def _beyond(some: Sequence[Diagnostic], others: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The findings that only the first list has, wherever they stand."""
    known = {(one.rule, one.message) for one in others}
    return tuple(one for one in some if (one.rule, one.message) not in known)

"""Nothing in the example fleet is left unexplained, in either direction."""

from __future__ import annotations

import os
from functools import cache

import pytest

from backstay.cli.explaining import subject_of
from backstay.cli.loading import load
from backstay.core.fact import OriginKind
from backstay.explain.fields import fields, select, short_names
from backstay.explain.steps import routes, steps
from backstay.explain.target import Found
from backstay.explain.what import what
from backstay.explain.what_text import what_text
from backstay.explain.why import why
from backstay.explain.why_text import why_text
from support.repository import CLUSTERS, REPO

LARGE = ("prod-eu", "prod-us")
"""Clusters of which each line is tried in the long run of tests only: together they have half of the fleet's lines."""
TRIED = [pytest.param(name, marks=pytest.mark.e2e) if name in LARGE else name for name in CLUSTERS]


@cache
def subject(name):
    """A cluster of the example fleet, as it is explained."""
    (loaded,) = load(REPO / "specs", (name,))
    found = subject_of(loaded)
    assert found is not None, loaded.findings
    return found


@cache
def told_of(name, way):
    """What a line of a cluster's spec decides: compiled without it, so asked only once."""
    return what(subject(name), way)


@cache
def leaves(name):
    """Every line that a cluster's spec and its profiles say."""
    return [way for way, value in routes(subject(name).spec) if not steps(value)]


def plain(text, _style):
    """No colours."""
    return text


@pytest.mark.parametrize("name", CLUSTERS)
def test_every_field_of_every_file_has_words(name):
    """Numbers with bounds or sources with titles; and the text names every field."""
    outputs = subject(name).outputs
    assert len(outputs) > 10
    for output in outputs:
        told = why(Found(subject(name), output), None)
        assert sum(len(reason.fields) for reason in told.reasons) == len(list(fields(output.settled)))
        for reason in told.reasons:
            assert reason.numbers or reason.sources, (output.path, reason.fields)
            assert all(one.title for one in reason.sources)
            assert all(limit.bound.words for number in reason.numbers for limit in number.limits)
        text = why_text(told, "overlays", plain)
        assert all(short in text.replace("\n    ", " ") for short in told.names.values())


@pytest.mark.parametrize("name", CLUSTERS)
def test_every_field_is_found_by_its_short_name(name):
    """What the text prints is what a person may type."""
    for output in subject(name).outputs:
        names = short_names(output.settled)
        assert len(set(names.values())) == len(names), output.path
        # Each question walks the whole file: of the largest, some fields have to do.
        for one in output.fields[:: 1 + len(output.fields) // 60]:
            assert [found.route for found in select(output.settled, names[one.route])] == [one.route]


@pytest.mark.parametrize("name", CLUSTERS)
def test_every_spec_line_behind_an_output_is_found_where_it_stands(name):
    """Spec origins are routes of the spec: each is said by some file, at a line, or is a default with a value."""
    for output in subject(name).outputs:
        for reason in why(Found(subject(name), output), None).reasons:
            told = [
                *reason.sources,
                *(s for n in reason.numbers for limit in n.limits for s in limit.sources),
            ]
            for one in told:
                if one.kind is OriginKind.SPEC:
                    assert one.said, one
                    assert os.path.exists(one.said[0].place.file)  # noqa: PTH110 - as printed
                    assert one.said[0].place.line > 0
                if one.kind is OriginKind.DEFAULT:
                    assert not one.said
                    assert one.value, one
                if one.kind is OriginKind.VERSION:
                    assert one.said, one


@pytest.mark.parametrize("name", CLUSTERS)
def test_every_solved_number_is_in_the_derivations(name):
    """An id that leads nowhere would explain nothing."""
    known = subject(name).cluster.derivations
    for output in subject(name).outputs:
        for one in fields(output.settled):
            assert all(o.ref in known for o in one.origins if o.kind is OriginKind.CONSTRAINT), (
                output.path,
                one,
            )


@pytest.mark.parametrize("name", TRIED)
def test_every_line_of_every_spec_can_be_asked_about(name):
    """Each has a sentence, a place, and an answer to what would be without it."""
    assert len(leaves(name)) > 10
    for way in leaves(name):
        told = told_of(name, way)
        assert told.meaning.words, way
        assert told.said[0].place.line > 0
        assert told.effect is not None or way[0] == "extends"
        text = what_text([told], "overlays", plain)
        assert "Without" in text or "cannot be left out" in text or "ask for those lines" in text


@pytest.mark.parametrize("name", TRIED)
def test_origins_and_trials_agree(name):
    """A field that changes its value without a spec line, in a file that stays, is recorded as made from that line.

    Texts of several words, which are for people or for Prometheus, are left out, and lists that get an item more or
    less: there the later items move up, and each is compared with another one.
    """
    judged, missing = 0, []
    for way in leaves(name):
        told = told_of(name, way)
        if told.effect is None or told.effect.refused or told.effect.gone or told.effect.come:
            continue
        behind = {(reach.path, one.route) for reach in told.reaches for one in reach.fields}
        for change in in_place(told.effect, subject(name)):
            judged += 1
            if (change.path, change.one.route) not in behind:
                missing.append((way, change.path, change.one.route))
    assert missing == []
    assert judged > 5


def in_place(effect, subject):
    """The changed values whose place is the same: in no list that got longer or shorter, and no texts of several words."""
    resized = {
        (change.path, way) for change in effect.changed for way in lists_resized(effect, subject, change)
    }
    for change in effect.changed:
        if change.now is None or change.then is None or " " in str(change.now.value):
            continue
        if not any((change.path, change.one.route[:end]) in resized for end in range(len(change.one.route))):
            yield change


def lists_resized(effect, subject, change):
    """The lists that a field came to or went from with its whole item."""
    if change.now is not None and change.then is not None:
        return
    moved = {
        one.one.route
        for one in effect.changed
        if one.path == change.path and (one.now is None or one.then is None)
    }
    kept = stays(subject, change.path) - moved
    for end, step in enumerate(change.one.route):
        if isinstance(step, int) and not any(way[: end + 1] == change.one.route[: end + 1] for way in kept):
            yield change.one.route[:end]


def stays(subject, path):
    """The fields of a file as it is."""
    return next({one.route for one in output.fields} for output in subject.outputs if output.path == path)

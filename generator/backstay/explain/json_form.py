"""Both directions for programs: stable, versioned JSON.

`{"version": 1, "explains": "output" | "spec", "answers": [...]}`; docs/explain.md has the fields.
"""

import json
from collections.abc import Mapping, Sequence

from backstay.core.diagnostic import Diagnostic
from backstay.core.route import show
from backstay.explain.effect import Change, Effect
from backstay.explain.fields import Field
from backstay.explain.numbers import Limit, Number, matters
from backstay.explain.sources import Source
from backstay.explain.subject import Said
from backstay.explain.what import What
from backstay.explain.why import Reason, Why
from backstay.explain.words import amount, hidden

VERSION = 1
Form = dict[str, object]


def why_json(told: Why, out: str) -> str:
    """Fields of an output file."""
    object_ = {key: getattr(told.ref, key) for key in ("apiVersion", "kind", "namespace", "name")}
    frame = {"cluster": told.cluster, "file": f"{out}/{told.path}", "object": object_}
    answers = [frame | _field(field) | _reason(reason) for reason in told.reasons for field in reason.fields]
    return _text("output", answers)


def what_json(told: Sequence[What], out: str) -> str:
    """Fields of the spec."""
    return _text("spec", [_what(one, out) for one in told])


def _text(explains: str, answers: Sequence[Mapping[str, object]]) -> str:
    whole = {"version": VERSION, "explains": explains, "answers": answers}
    return json.dumps(whole, indent=2) + "\n"


def _field(field: Field) -> Form:
    return {"field": show(field.route), "value": hidden(field.value)}


def _reason(reason: Reason) -> Form:
    return {
        "numbers": [
            _number(one) | {"bounds": [_limit(limit, one) for limit in one.limits]} for one in reason.numbers
        ],
        "sources": [_source(one) for one in reason.sources],
    }


def _number(told: Number) -> Form:
    derivation = told.derivation
    return {
        "id": derivation.id, "name": derivation.name, "value": derivation.value, "unit": derivation.unit, "shown": told.shown,
        "choice": derivation.choice, "pin": told.pin or None,
    }  # fmt: skip


def _limit(one: Limit, told: Number) -> Form:
    bound = one.bound
    return {
        "id": bound.id, "relation": bound.relation, "limit": bound.limit,
        "shown": amount(bound.limit, told.derivation.unit), "words": bound.words, "rule": bound.rule or None,
        "soft": bound.soft, "decides": one.decides, "holds": one.holds, "matters": matters(one, told) or None,
        "sources": [_source(source) for source in one.sources],
    }  # fmt: skip


def _source(one: Source) -> Form:
    return {
        "kind": one.kind.value, "ref": one.ref, "title": one.title, "note": one.note,
        "default": one.value if not one.said else None, "said": [_said(word) for word in one.said],
    }  # fmt: skip


def _said(word: Said) -> Form:
    place = {
        "file": word.place.file,
        "line": word.place.line,
        "column": word.place.column,
        "path": word.place.path,
    }
    return {"value": hidden(word.value), "place": place, "profile": word.profile}


def _what(told: What, out: str) -> Form:
    numbers = [
        _number(share.number) | {"bounds": [_limit(limit, share.number) for limit in share.limits]}
        for share in told.shares
    ]
    files = [
        {"file": f"{out}/{reach.path}", "fields": [_field(field) for field in reach.fields]}
        for reach in told.reaches
    ]
    return {
        "cluster": told.cluster, "field": show(told.route), "meaning": told.meaning.words, "value": hidden(told.value),
        "default": told.meaning.default or None, "said": [_said(word) for word in told.said], "numbers": numbers,
        "files": files, "without": None if told.effect is None else _effect(told.effect, out),
        "instead": [_effect(one, out) for one in told.others],
    }  # fmt: skip


def _effect(effect: Effect, out: str) -> Form:
    return {
        "taken": show(effect.taken), "put": effect.put, "refused": effect.refused or None,
        "instead": None if effect.instead is None else _said(effect.instead),
        "gone": [f"{out}/{path}" for path in effect.gone], "come": [f"{out}/{path}" for path in effect.come],
        "changed": [_change(change, out) for change in effect.changed],
        "silenced": [_finding(one) for one in effect.silenced], "raised": [_finding(one) for one in effect.raised],
    }  # fmt: skip


def _change(change: Change, out: str) -> Form:
    sides: Form = {}
    for side, field in (("now", change.now), ("then", change.then)):
        if field is not None:
            sides[side] = hidden(field.value)
    return {"file": f"{out}/{change.path}", "field": show(change.one.route), **sides}


def _finding(one: Diagnostic) -> Form:
    return {"rule": one.rule, "name": one.name, "message": one.message}

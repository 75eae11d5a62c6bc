"""Every repair that a case's finding has: it removes the finding and adds none, for manifests and for specs."""

from collections import Counter
from dataclasses import replace

import pytest

from backstay.check import engine
from backstay.check.registry import CHECKS
from backstay.core.diagnostic import Severity
from backstay.core.fix import changed
from backstay.fix.choice import Level
from backstay.fix.known import levels
from backstay.load.edit.apply import Group, edit, spliced
from backstay.render.yaml import dump
from backstay.text.yaml import parse
from support import casebook
from support.compiler import compile_spec

_ON_OBJECTS = [case for case in casebook.cases() if case.objects and case.before is None and case.findings]
_ON_SPECS = [case for case in casebook.cases() if case.objects is None and case.findings]


def found_in(case):
    """All findings of all rules about a case's objects."""
    return [one for one in engine.run(casebook.context(case)) if one.severity is not Severity.INFO]


def counted(found):
    """How many findings each rule has about each object: routes may move with the items of a list."""
    return Counter((one.rule, str(one.object)) for one in found)


def mended(case, finding):
    """The case with the finding's repair made in the text of its object."""
    index = int(finding.place.file.removesuffix(".yaml"))
    entry = case.objects[index]
    partial = entry.get("partial") is True
    text = dump(entry["object"] if partial else entry)
    done = edit(text, [Group(0, finding.fix.edits)])
    assert not done.refused, f"{case.id}: {done.refused}"
    value = parse(spliced(text, done.splices))
    objects = [*case.objects]
    objects[index] = {"partial": True, "object": value} if partial else value
    return replace(case, objects=objects)


@pytest.mark.parametrize("case", _ON_OBJECTS, ids=lambda case: case.id)
def test_a_repair_of_an_object_removes_its_finding_and_adds_none(case):
    """As `audit --fix` makes it: in the text, and judged again by all rules."""
    before = found_in(case)
    for finding in (one for one in before if one.rule == case.rule and one.fix):
        after = counted(found_in(mended(case, finding)))
        assert counted(before) - after, f"{finding.message}: {finding.fix}"
        assert not after - counted(before), f"{finding.fix} adds {after - counted(before)}"


@pytest.mark.parametrize("case", _ON_SPECS, ids=lambda case: case.id)
def test_a_repair_of_a_spec_removes_its_finding_and_adds_none(case):
    """The edit made in the spec, and the spec compiled again."""
    spec = casebook.on_base(case.spec)
    before = compile_spec(spec).findings
    for finding in (one for one in before if one.fix):
        after = compile_spec(changed(spec, finding.fix.edits)).findings
        told = [one for one in after if one.severity is not Severity.INFO]
        assert counted(before) - counted(told), f"{finding.message}: {finding.fix}"
        assert not counted(told) - counted(before), f"{finding.fix} adds {counted(told) - counted(before)}"


def test_the_list_of_repairs_is_what_the_rules_repair():
    """`backstay rules --fixable` and the pages tell of each repair that a case shows, and of no other."""
    found = {(one.rule, one.fix.safe) for case in _ON_OBJECTS for one in found_in(case) if one.fix}
    found |= {
        (one.rule, one.fix.safe)
        for case in _ON_SPECS
        for one in compile_spec(casebook.on_base(case.spec)).findings
        if one.fix
    }
    told = {(check.rule.id, level is Level.SAFE) for check in CHECKS for level in levels(check.rule.id)}
    assert {one for one in found if one[0] in {check.rule.id for check in CHECKS}} == told

"""The examples of rules' docstrings, judged as a reader would judge them."""

import re

from backstay.audit.judge import Given, audit_text
from backstay.check.registry import CHECKS
from backstay.check.rule import Check
from backstay.cli.audit import platform
from backstay.core.diagnostic import Diagnostic
from backstay.spec.cluster import Cluster
from backstay.text.yaml import parse
from support import casebook
from support.compiler import compile_spec

_CHECKS = {check.rule.id: check for check in CHECKS}
_PARTS = set(Cluster.model_fields)
_PLATFORM = re.compile(r"# --platform (\S+)\n")
_AFTER = "# after\n"


def found_in(rule: str, example: str) -> list[Diagnostic]:
    """Every finding about an example: of all rules, where a person can have that, else of the rule alone."""
    if _AFTER in example:
        return _found_in_change(_CHECKS[rule], example)
    specs, objects = _sorted(example)
    if not objects:
        return list(compile_spec(casebook.on_base(specs[0])).findings)
    if specs:
        case = casebook.Case(rule, "example", {}, objects, specs[0], [])
        return list(_CHECKS[rule].run(casebook.context(case)))
    stated = _PLATFORM.match(example)
    versions = platform(None, None, (stated[1],)) if stated else {}  # type: ignore[arg-type]
    return list(audit_text(example.encode(), Given(versions)).findings)


def _sorted(example: str) -> tuple[list, list]:
    """The documents that are pieces of a spec, and those that are objects or ZenML's files."""
    documents = [parse(text) for text in re.split(r"^---\n", example, flags=re.MULTILINE)]
    specs = [one for one in documents if set(one) <= _PARTS]
    return specs, [one for one in documents if one not in specs]


def _found_in_change(check: Check, example: str) -> list[Diagnostic]:
    before, _, after = example.partition(_AFTER)
    case = casebook.Case(check.rule.id, "example", {}, [parse(after)], None, [], [parse(before)])
    assert check.compare is not None
    return list(check.compare(*casebook.change(case)))

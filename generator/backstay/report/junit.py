"""Findings as JUnit XML, for CI systems that show tests: a suite a file, a case a finding.

Errors and warnings are failures of their type, notes pass with their words as output, waived findings are skipped. A run that
finds nothing has one case that passes, because some systems take an empty report for a broken one.
Source: the Ant JUnit report schema as Jenkins and GitLab read it.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable

from backstay.core.diagnostic import Diagnostic, Severity


def to_junit(found: Iterable[Diagnostic]) -> str:
    """One XML document."""
    by_file: dict[str, list[Diagnostic]] = {}
    for finding in found:
        by_file.setdefault(finding.place.file or "(no file)", []).append(finding)
    root = ET.Element("testsuites", name="backstay")
    for file, some in by_file.items():
        _suite(root, file, some)
    if not by_file:
        suite = ET.SubElement(
            root, "testsuite", name="backstay", tests="1", failures="0", errors="0", skipped="0"
        )
        ET.SubElement(suite, "testcase", name="no findings", classname="backstay")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(root: ET.Element, file: str, found: list[Diagnostic]) -> None:
    failures = sum(_fails(finding) for finding in found)
    skipped = sum(finding.waived is not None for finding in found)
    suite = ET.SubElement(root, "testsuite", name=_clean(file), tests=str(len(found)), failures=str(failures), errors="0", skipped=str(skipped))  # fmt: skip
    for finding in found:
        _case(suite, file, finding)


def _fails(finding: Diagnostic) -> bool:
    return finding.waived is None and finding.severity is not Severity.INFO


def _case(suite: ET.Element, file: str, finding: Diagnostic) -> None:
    where = finding.place.path or (str(finding.object) if finding.object else "")
    case = ET.SubElement(
        suite,
        "testcase",
        name=_clean(f"{finding.rule} {finding.name} {where}".strip()),
        classname=_clean(file),
    )
    if finding.place.file:
        case.set("file", _clean(finding.place.file))
    if finding.place.line:
        case.set("line", str(finding.place.line))
    if finding.waived is not None:
        ET.SubElement(case, "skipped", message=_clean(f"waived: {finding.waived}"))
    elif _fails(finding):
        failure = ET.SubElement(case, "failure", message=_clean(finding.message), type=finding.severity.value)
        failure.text = _details(finding)
    else:
        ET.SubElement(case, "system-out").text = _details(finding)


def _details(finding: Diagnostic) -> str:
    lines = [f"{finding.place}: {finding.message}"]
    if finding.object is not None:
        lines.append(f"object: {finding.object}" + (f", field {finding.field}" if finding.field else ""))
    lines += [f"see: {one.place}: {one.message}" for one in finding.related]
    lines += [f"help: {finding.help}"] if finding.help else []
    return "\n".join(_clean(line) for line in lines)


def _clean(text: str) -> str:
    """Without what XML 1.0 cannot hold, however it is escaped."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)

"""Nothing is skipped where it matters: with `CI=true` a skipped test fails the run.

The one excuse is a plain clone, which has no upstream manifests beside it.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from support.examples import PROFILES
from support.repository import NO_FIXTURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SKIPPED: list[str] = []

# A shell that starts the tests in the background has them ignore Ctrl-C, and every process below them too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Never timed: a slow machine is no fault. On CI the same examples each time: a run says something of the change.
for _name, _examples in PROFILES.items():
    settings.register_profile(
        _name,
        max_examples=_examples,
        deadline=None,
        derandomize=os.environ.get("CI") == "true",
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
settings.load_profile(next(iter(PROFILES)))


@pytest.fixture(scope="session", autouse=True)
def _children_keep_their_bytecode(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Processes that tests start compile the modules once a session, not each anew, also where nothing may be written."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        patch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.mktemp("bytecode")))
        yield


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what was skipped and why."""
    if report.skipped and NO_FIXTURES not in str(report.longrepr):
        _SKIPPED.append(f"{report.nodeid}: {report.longrepr}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn skips into a failure on CI."""
    if os.environ.get("CI") == "true" and _SKIPPED and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which."""
    if os.environ.get("CI") == "true":
        _say(terminalreporter, _SKIPPED)


def _say(terminal: pytest.TerminalReporter, skipped: Iterable[str]) -> None:
    for line in skipped:
        terminal.write_line(f"skipped, which fails on CI: {line}", red=True)

"""What the KFP SDK makes of set_retry is what backstay takes it for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from backstay.core.units import read_duration
from backstay.spec.retries import SetRetry
from e2e.support.libraries import KFP, ask
from e2e.support.missing import skip_or_fail
from support.modelling import model
from support.specs import spec_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

USED = {
    "plainly": {"num_retries": 3},
    "fully": {
        "num_retries": 2,
        "backoff_duration": "30s",
        "backoff_factor": 1.5,
        "backoff_max_duration": "14h",
    },
}


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The IR's tasks by name."""
    folder: Path = tmp_path_factory.mktemp("kfp")
    with skip_or_fail():
        found: dict[str, Any] = ask(KFP, USED, folder)
    return found


def test_the_defaults_are_those_of_the_spec(tasks):
    """A factor of two, and an hour from the first try's start."""
    policy = tasks["plainly"]["retryPolicy"]
    stated = SetRetry(attempts=4)
    assert policy["backoffFactor"] == stated.factor
    assert read_duration(policy["backoffMaxDuration"]) == stated.max


def test_retries_are_the_attempts_without_the_first(tasks):
    """So `attempts: 4` stands for set_retry(3)."""
    stated = spec_of(
        {"pipelines": "2.15"}, retries={"pipelineSteps": {"attempts": 4, "setRetry": {"attempts": 4}}}
    )
    set_retry = model(stated).retries.set_retry
    assert set_retry is not None
    assert tasks["plainly"]["retryPolicy"]["maxRetryCount"] == set_retry.attempts - 1


def test_no_policy_is_said(tasks):
    """So the controller's default decides which failures count (KFP026): there is no other field than these."""
    assert set(tasks["fully"]["retryPolicy"]) == {
        "maxRetryCount", "backoffDuration", "backoffFactor", "backoffMaxDuration",
    }  # fmt: skip


def test_a_factor_is_passed_on_as_it_is(tasks):
    """It is Argo that refuses what is no whole number (KFP028)."""
    policy = tasks["fully"]["retryPolicy"]
    assert (policy["backoffFactor"], policy["backoffDuration"]) == (1.5, "30s")
    assert read_duration(policy["backoffMaxDuration"]) == read_duration("14h")


def test_a_task_in_a_loop_asks_for_retries_too(tasks):
    """So it is the backend that leaves them out there (KFP027), and nobody is told."""
    assert tasks["looped"]["retryPolicy"] == tasks["plainly"]["retryPolicy"]
    assert "retryPolicy" not in tasks["plain"]

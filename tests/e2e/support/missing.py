"""What a test does without its real component: skip with the reason, or fail where none may be missing."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from e2e.support.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def skip_or_fail() -> Iterator[None]:
    """Turn `Unavailable` into a skip, or into a failure when `CI` is `true` or `BACKSTAY_NO_SKIP` is `1`."""
    try:
        yield
    except Unavailable as reason:
        if os.environ.get("CI") == "true" or os.environ.get("BACKSTAY_NO_SKIP") == "1":
            pytest.fail(f"a real component is missing where none may be: {reason}", pytrace=False)
        pytest.skip(str(reason))

"""The repository around the tests, and the shared material beside it where there is some."""

from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
CLUSTERS = tuple(sorted(path.stem for path in (REPO / "specs/clusters").glob("*.yaml")))
assert CLUSTERS, "the example fleet is gone"
SHARED = REPO.parent / "shared"

NO_FIXTURES = "the upstream manifests (../shared/fixtures) are not beside this clone"
"""Why a test is skipped in a plain clone: the one reason that even CI accepts."""

needs_fixtures = pytest.mark.skipif(not (SHARED / "fixtures").is_dir(), reason=NO_FIXTURES)

"""Make a folder with everything that `backstay prove jobs` runs: `python tools/components.py DIR`.

Programs are built from pinned Go modules (the toolbox of the tests), which takes about twenty minutes of CPU the first
time; manifests come from the same modules.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Fill the folder that the command line names; 2 for a bad call, 3 when something cannot be had."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and the folder
        sys.stderr.write("usage: python tools/components.py DIR\n")
        return 2
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "generator")]
    from e2e.support.components import assemble
    from e2e.support.errors import Failed, Unavailable

    try:
        assemble(Path(sys.argv[1]).absolute())
    except (Failed, Unavailable) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 3
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""`backstay` and `python -m backstay`."""

import os
import sys


def main() -> None:
    """Start the command line."""
    # Looking for pydantic plug-ins reads the metadata of every installed package: 20 ms at each start for
    # something that a spec must not depend on.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from backstay.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()

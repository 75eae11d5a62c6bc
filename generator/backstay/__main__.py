"""`backstay` and `python -m backstay`."""

import os
import sys

INTERRUPTED = 130


def main() -> None:
    """Start the command line."""
    try:
        code = _run()
    except KeyboardInterrupt:  # while modules were still being imported, or while another one was answered
        code = INTERRUPTED
    sys.exit(code)


def _run() -> int:
    _open_standard_streams()
    # Looking for pydantic plug-ins reads the metadata of every installed package: 20 ms at each start for
    # something that a spec must not depend on.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from backstay.cli.main import run

    return run(sys.argv[1:])


def _open_standard_streams() -> None:
    """Give a stream that the caller closed (`>&-`) somewhere to go: its number must not become some file's."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - never closed
    for stream in (sys.stdout, sys.stderr):
        # A terminal may lack a character that a spec holds; that is no reason to stop.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


if __name__ == "__main__":
    main()

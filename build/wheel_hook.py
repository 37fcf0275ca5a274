"""Build hook for hatchling: puts the compiled shim into a wheel tagged for this Python and system.

(This folder is not a package: with an `__init__.py` it would shadow the `build` front end.)
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    """Compiles the shim into a temporary folder that exists while the wheel is packed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the shim and add the results to the files of the wheel, on Linux.

        Args: version: kind of the wheel; for an "editable" one, nothing is done.
        """
        if version == "editable" or sys.platform != "linux":
            return
        self._folder = tempfile.TemporaryDirectory(prefix="codex-wheel-")
        script = Path(self.root, "build", "native.py")
        subprocess.run([sys.executable, str(script), self._folder.name], check=True)
        for file in Path(self._folder.name, "codex").iterdir():
            build_data["force_include"][str(file)] = f"codex/{file.name}"
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, _version: str, _build_data: dict[str, Any], _artifact: str) -> None:
        """Remove the temporary folder."""
        if hasattr(self, "_folder"):
            self._folder.cleanup()

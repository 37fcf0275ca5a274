"""Entry point of the executable: what a static program needs in addition to `codex.__main__`.

Must not import anything that `codex --version` can do without.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib import BuiltinImporter, ModuleSpec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

IN_PACKAGES = ("codex._landlock_shim", "msgspec._core")
"""Built-in modules (build/builtins.c) that CPython does not find because of the dot in the name."""


class BuiltinsInPackages:
    """Finder of the modules in IN_PACKAGES."""

    @staticmethod
    def find_spec(
        name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a built-in module for a name in IN_PACKAGES, None for any other."""
        if name in IN_PACKAGES:
            # The importer is a class of static methods, which the type stubs reject as a loader.
            return ModuleSpec(name, BuiltinImporter, origin="built-in")  # type: ignore[arg-type]
        return None


def launch() -> None:
    """Run the program, then exit without the interpreter's clean-up, which would cost 1.5 ms."""
    sys.meta_path.append(BuiltinsInPackages)
    from codex.__main__ import main

    try:
        status = main()
    except SystemExit as exc:
        if exc.code is not None and not isinstance(exc.code, int):
            raise
        status = exc.code or 0
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        # The reader of our output has gone, or the disk is full: the result did not arrive.
        status = status or 1
    os._exit(status)


if __name__ == "__main__":
    launch()

"""Nuitka's plug-in of this build: which packages stay bytecode instead of being turned into C.

Other people's packages gain next to nothing at run time from compilation, and cost minutes and
megabytes; msgspec's, compiled, even calls a helper that this version of Nuitka does not have.
"""

from __future__ import annotations

from nuitka.plugins.PluginBase import NuitkaPluginBase

COMPILED = ("codex", "tomli")


class BytecodePlugin(NuitkaPluginBase):  # type: ignore[misc]  # Nuitka has no types
    """Answers Nuitka's one question about each module."""

    plugin_name = "codex-bytecode"
    plugin_desc = "Keep the packages of others as bytecode."

    @staticmethod
    def decideCompilation(module_name: object) -> str | None:  # noqa: N802 (Nuitka's name)
        """`bytecode` for all but our own code; None lets Nuitka decide."""
        name = str(module_name)
        if name == "__main__" or name.partition(".")[0] in COMPILED:
            return None
        return "bytecode"

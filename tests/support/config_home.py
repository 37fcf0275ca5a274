"""A folder tree and a Host for it: CODEX_HOME, a working directory, and captured streams."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from codex.base.host import Host
from codex.config.load import load_config
from codex.config.overrides import Overrides

if TYPE_CHECKING:
    from pathlib import Path

    from codex.config.types import Config


class ConfigHome:
    """Makes `home/.codex` and `work` below `root`, and Hosts and Configs that use them."""

    def __init__(self, root: Path) -> None:
        self.home = root / "home"
        self.codex_home = self.home / ".codex"
        self.work = root / "work"
        self.codex_home.mkdir(parents=True)
        self.work.mkdir()
        self.environ: dict[str, str] = {"HOME": str(self.home)}
        self.stdout = io.StringIO()
        self.stderr = io.StringIO()

    @property
    def config_file(self) -> str:
        return str(self.codex_home / "config.toml")

    def write(self, text: str, name: str = "config.toml") -> None:
        """Write a file in CODEX_HOME."""
        (self.codex_home / name).write_text(text, encoding="utf-8")

    def host(self, *argv: str) -> Host:
        return Host(
            argv=argv,
            environ=self.environ,
            cwd=str(self.work),
            stdin=io.StringIO(),
            stdout=self.stdout,
            stderr=self.stderr,
            clock=lambda: 0.0,
        )

    def load(self, *assignments: str, overrides: Overrides | None = None) -> Config:
        """Load the Config with the `-c` strings `assignments`, or else with `overrides`."""
        return load_config(self.host(), overrides or Overrides(config=assignments))

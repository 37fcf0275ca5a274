"""Lint, types and tests, in the order of their cost; one failing does not hide the others."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from console import BuildError, say
from paths import BINARY, ROOT, VENV_PYTHON

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LINT = (
    ("lint", ("ruff", "check", "--quiet", ".")),
    ("format", ("ruff", "format", "--check", "--quiet", ".")),
    ("types", ("mypy", "--no-error-summary")),
)
CI_FUZZ_SECONDS = "60"
"""For each target of tests/fuzz, several at a time; on a developer's machine it is 1."""
LAYERS = ("pytest", "--quiet", "--no-header", "-rN", "tests/unit/test_layers.py")


def lint() -> list[str]:
    """Lint, format and types of the whole tree; the names of the steps that failed."""
    return [name for name, module in LINT if not _passes(name, module)]


def layers() -> list[str]:
    """The test of the import directions alone; its name when it failed."""
    return [] if _passes("layers", LAYERS) else ["layers"]


def tests(arguments: Sequence[str]) -> list[str]:
    """Every test, or what pytest's `arguments` select; "tests" when one failed."""
    return [] if _passes("tests", ("pytest", *arguments)) else ["tests"]


def check_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What checks are run with: the executable to test, and in CI the time for fuzzing."""
    env = {**environ, "CODEX_BINARY": str(BINARY)}
    if env.get("CI") == "true":
        env.setdefault("CODEX_FUZZ_SECONDS", CI_FUZZ_SECONDS)
    return env


def report(failed: Sequence[str]) -> int:
    """The exit status of a run of checks.

    Raises: BuildError, naming what failed.
    """
    if failed:
        raise BuildError(f"failed: {', '.join(failed)} (see above)")
    say("all checks passed")
    return 0


def _passes(name: str, module: Sequence[str]) -> bool:
    say(f"{name}: {' '.join(module)}")
    done = subprocess.run(
        [VENV_PYTHON, "-m", *module],
        cwd=ROOT,
        env=check_environment(os.environ),
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode == 0

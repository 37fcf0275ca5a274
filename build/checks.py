"""Run lint, types and tests, the cheapest first; a failed step does not stop the later ones."""

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
LAYERS = ("pytest", "--quiet", "--no-header", "-rN", "tests/unit/test_layers.py")
FUZZ = ("pytest", "-m", "hypothesis or fuzz", "--hypothesis-profile=random")
FUZZ_SECONDS = "60"
"""Default of CODEX_FUZZ_SECONDS: seconds for each target of tests/fuzz; several run in parallel."""
FUZZ_ADVICE = """\
To reproduce a failure:
  a property    put the line `@reproduce_failure(...)` above its test, or run `fuzz` on it again:
                failures are kept in .build/hypothesis. Then add the input to the test as an
                `@example(...)`, which every run replays.
  a parser      the input is saved in tests/fuzz/finds, which every run replays: commit it with the
                fix. If the process died, repeat the run with the seed that it printed first:
                CODEX_FUZZ_SECONDS=60 .venv/bin/python -m tests.fuzz NAME SEED"""

BINARY_FOLDERS = ("tests/integration", "tests/packaged", "tests/tui")
"""Folders whose tests run the executable."""


def lint() -> list[str]:
    """Check lint, format and types of the whole tree; return the names of the steps that failed."""
    return [name for name, module in LINT if not _passes(name, module)]


def layers() -> list[str]:
    """Run the test of the import layers; return ["layers"] if it failed, else an empty list."""
    return [] if _passes("layers", LAYERS) else ["layers"]


def tests(arguments: Sequence[str]) -> list[str]:
    """Run every test, or those that pytest's `arguments` select.

    Returns ["tests"] if one failed, else an empty list.
    """
    extra = {"CODEX_BINARY": str(BINARY)} if needs_binary(arguments) else {}
    return [] if _passes("tests", ("pytest", *arguments), extra) else ["tests"]


def fuzz(arguments: Sequence[str]) -> list[str]:
    """Test properties and parsers on random input; say how to reproduce a failure.

    Returns ["fuzz"] if a test failed, else an empty list.
    """
    extra = {"CODEX_FUZZ_SECONDS": os.environ.get("CODEX_FUZZ_SECONDS", FUZZ_SECONDS)}
    if _passes("fuzz", (*FUZZ, *arguments), extra):
        return []
    say(FUZZ_ADVICE)
    return ["fuzz"]


def needs_binary(arguments: Sequence[str]) -> bool:
    """Whether the tests that pytest's `arguments` select include some that run the executable.

    Arguments that name no path of the tree select from all tests.
    """
    names = [argument.partition("::")[0] for argument in arguments if not argument.startswith("-")]
    paths = [path for name in names if (path := (ROOT / name).resolve()).exists()]
    folders = [ROOT / name for name in BINARY_FOLDERS]
    return not paths or any(
        path.is_relative_to(folder) or folder.is_relative_to(path)
        for path in paths
        for folder in folders
    )


def report(failed: Sequence[str]) -> int:
    """Say that all checks passed and return the exit code 0, if the list `failed` is empty.

    Raises: BuildError, naming the failed checks, if it is not.
    """
    if failed:
        raise BuildError(f"failed: {', '.join(failed)} (see above)")
    say("all checks passed")
    return 0


def _passes(name: str, module: Sequence[str], extra: Mapping[str, str] | None = None) -> bool:
    say(f"{name}: {' '.join(module)}")
    done = subprocess.run(
        [VENV_PYTHON, "-m", *module],
        cwd=ROOT,
        env={**os.environ, **(extra or {})},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode == 0

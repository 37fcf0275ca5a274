"""Write the build's progress to stderr, run its commands, and explain their failures.

Nothing here writes to stdout, which belongs to the program that `build.py run` starts.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TAIL_LINES = 40
"""Number of the last lines of a failed command's output that the error shows."""


class BuildError(Exception):
    """A step of the build failed; the message says what, why, and what to do."""


def say(message: str) -> None:
    """Write one line of progress."""
    sys.stderr.write(f"build: {message}\n")
    sys.stderr.flush()


def run(
    command: Sequence[str | Path],
    *,
    what: str,
    advice: str = "",
    cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> None:
    """Run one command of the build to its end; show its output only if it fails.

    Args:
        what: the step in words, for the error: "compiling the shim".
        advice: what to do when it fails; may be empty.
        cwd: working directory of the command; None leaves this process's own.
        environ: variables added to the environment.
        log: file to which the output is written when the command has ended; None writes none.
    Raises: BuildError, when the command cannot be run or fails, with the last lines of the output.
    """
    text = [os.fspath(part) for part in command]
    started = time.monotonic()
    try:
        done = subprocess.run(
            text,
            cwd=cwd,
            env={**os.environ, **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except OSError as exc:
        raise BuildError(
            f"{what}: cannot run '{text[0]}': {exc.strerror}\n{advice}".rstrip()
        ) from exc
    output = done.stdout.decode("utf-8", "replace")
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(output, encoding="utf-8")
    if done.returncode != 0:
        raise BuildError(_failure(what, text, done.returncode, output, advice, log))
    if (seconds := time.monotonic() - started) > 10:
        say(f"{what} took {seconds:.0f} s")


def output_of(command: Sequence[str | Path], *, what: str) -> str:
    """Run one command and return its stdout, stripped.

    Raises: BuildError, when it cannot be run or fails.
    """
    text = [os.fspath(part) for part in command]
    try:
        done = subprocess.run(text, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as exc:
        raise BuildError(f"{what}: cannot run '{text[0]}': {exc.strerror}") from exc
    if done.returncode != 0:
        errors = done.stderr.decode("utf-8", "replace")
        raise BuildError(_failure(what, text, done.returncode, errors, "", None))
    return done.stdout.decode("utf-8", "replace").strip()


def _failure(
    what: str, command: list[str], status: int, output: str, advice: str, log: Path | None
) -> str:
    lines = output.rstrip().splitlines()
    shown = lines[-TAIL_LINES:]
    cut = [f"... {len(lines) - len(shown)} earlier lines"] if len(shown) < len(lines) else []
    where = [f"The full output is in '{log}'."] if log else []
    return "\n".join(
        [
            *cut,
            *shown,
            f"{what}: '{shlex.join(command)}' ended with status {status}",
            *where,
            *([advice] if advice else []),
        ]
    )

"""The uncommitted changes in a repository, as a diff made by git; untracked files included.

Must not run any program that the repository's configuration names.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from codex.base.safe_git import FILTERS_QUERY, filters_of, safe_git_argv, safe_git_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TIMEOUT_S = 20
_MAX_CHARS = 2 * 1024 * 1024
"""Number of characters after which untracked files are no longer added."""
_MAX_FILES = 200
"""Most untracked files that are shown."""


def changes(cwd: str, environ: Mapping[str, str]) -> str:
    """Return the diff of all uncommitted changes; empty if there are none.

    At most _MAX_FILES untracked files are included. If one makes the text longer than _MAX_CHARS,
    the text is cut there. A last line says what is left out.

    Args: cwd: any folder in the repository.
    Raises: OSError, if git fails, cannot be run, or takes longer than _TIMEOUT_S in one of its
        many runs; its text says why.
    """
    git = _Git(cwd, environ)
    top = git.run(("rev-parse", "--show-toplevel")).strip()
    git.filters = filters_of(git.run(FILTERS_QUERY, ends=(0, 1)))
    text = git.run(("diff", "--no-color", "HEAD"), ends=(0, 128))
    text = text or git.run(("diff", "--no-color"))
    names = git.run(("ls-files", "--others", "--exclude-standard", "-z", "--full-name", "--", top))
    files = [name for name in names.split("\0") if name]
    for name in files[:_MAX_FILES]:
        arguments = ("diff", "--no-color", "--no-index", "--", os.devnull, name)
        text += git.run(arguments, ends=(0, 1), cwd=top)
        if len(text) > _MAX_CHARS:
            return text[:_MAX_CHARS] + "\n(the diff is too long: its rest is not shown)\n"
    if len(files) > _MAX_FILES:
        text += f"\n({len(files) - _MAX_FILES} more untracked files are not shown)\n"
    return text


class _Git:
    """Runs git in a way that starts no program named in the repository's configuration."""

    def __init__(self, cwd: str, environ: Mapping[str, str]) -> None:
        self._cwd = cwd
        self._environ = safe_git_environment(environ)
        self.filters: tuple[str, ...] = ()

    def run(self, arguments: Sequence[str], *, ends: tuple[int, ...] = (0,), cwd: str = "") -> str:
        argv = safe_git_argv(arguments, filters=self.filters)
        try:
            done = subprocess.run(
                argv,
                cwd=cwd or self._cwd,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise OSError(f"git took longer than {_TIMEOUT_S} s") from error
        except OSError as error:
            raise OSError(f"git cannot be run: {error.strerror}") from error
        if done.returncode not in ends:
            stderr = done.stderr.decode("utf-8", "replace").strip()
            raise OSError(stderr or f"git ended with status {done.returncode}")
        return done.stdout.decode("utf-8", "replace")

"""Ctrl+G: the draft in the user's own editor."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from typing import TYPE_CHECKING

from codex.base.errors import CodexError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_USUAL = ("nano", "vim", "vi", "emacs")


class EditorError(CodexError):
    """The editor could not be run, or what it left cannot be read; the draft stays as it is."""


def editor_command(environ: Mapping[str, str]) -> list[str]:
    """The editor's program and first arguments: VISUAL, EDITOR, or one of the usual ones.

    Raises: EditorError, when there is none.
    """
    for name in ("VISUAL", "EDITOR"):
        if value := environ.get(name, "").strip():
            try:
                return shlex.split(value)
            except ValueError as exc:
                raise EditorError(
                    f'the editor of {name}, "{value}", cannot be understood: {exc}',
                    advice=f'Set it to a program and its arguments, as in {name}="code --wait".',
                ) from exc
    for program in _USUAL:
        if shutil.which(program, path=environ.get("PATH")):
            return [program]
    raise EditorError(
        "no editor was found", advice="Set VISUAL or EDITOR to the editor that you like."
    )


def edit_draft(text: str, environ: Mapping[str, str]) -> str:
    """Let the user edit a text; blocks until the editor has ended.

    The terminal must be as a program expects it. To be called in the main thread: keys that stop
    programs are the editor's alone while it runs.

    Returns: the text as it was saved, without the newline that editors add at the end.
    Raises: EditorError.
    """
    command = editor_command(environ)
    with _draft_file(text, environ) as path:
        _run([*command, path], environ)
        try:
            with open(path, encoding="utf-8", newline="") as file:
                edited = file.read()
        except (OSError, UnicodeDecodeError) as exc:
            raise EditorError(
                f'what "{command[0]}" left in "{path}" cannot be read: {exc}'
            ) from exc
    edited = edited.replace("\r\n", "\n")
    return edited if text.endswith("\n") else edited.removesuffix("\n")


@contextlib.contextmanager
def _draft_file(text: str, environ: Mapping[str, str]) -> Iterator[str]:
    """A file that only the user can read, there for as long as it is needed."""
    try:
        descriptor, path = tempfile.mkstemp(
            prefix="codex-message-", suffix=".md", dir=environ.get("TMPDIR") or None
        )
    except OSError as exc:
        raise EditorError(f"a file for the editor cannot be made: {exc}") from exc
    try:
        try:
            with open(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(text)
        except OSError as exc:
            raise EditorError(f'the draft cannot be written to "{path}": {exc}') from exc
        yield path
    finally:
        # Some editors save by renaming another file over it, or leave none.
        with contextlib.suppress(OSError):
            os.unlink(path)


def _run(argv: list[str], environ: Mapping[str, str]) -> None:
    # A handler that does nothing, not SIG_IGN: the editor would begin with that one.
    with _handled(signal.SIGINT), _handled(signal.SIGQUIT):
        try:
            status = subprocess.run(argv, env=dict(environ), check=False).returncode
        except (OSError, ValueError) as exc:
            raise EditorError(
                f'the editor "{argv[0]}" cannot be run: {getattr(exc, "strerror", None) or exc}',
                advice="Set VISUAL or EDITOR to the editor that you like.",
            ) from exc
    if status:
        end = f"ended with status {status}" if status > 0 else f"was killed by signal {-status}"
        raise EditorError(f'the editor "{argv[0]}" {end}; the draft is as it was')


@contextlib.contextmanager
def _handled(number: signal.Signals) -> Iterator[None]:
    before = signal.signal(number, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(number, before)

"""Runs the user's own editor with the draft (Ctrl+G)."""

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
    """The editor could not be run, failed, or left nothing readable; the draft is unchanged."""


def editor_command(environ: Mapping[str, str]) -> list[str]:
    """Return the editor's program and arguments, without the file to edit.

    They come from VISUAL, else EDITOR, else the first of nano, vim, vi and emacs in PATH.

    Raises: EditorError, if no editor is found or the variable cannot be parsed.
    """
    for name in ("VISUAL", "EDITOR"):
        if value := environ.get(name, "").strip():
            try:
                return shlex.split(value)
            except ValueError as exc:
                raise EditorError(
                    f'the value of {name}, "{value}", cannot be parsed: {exc}',
                    advice=f'Set it to a program and its arguments, as in {name}="code --wait".',
                ) from exc
    for program in _USUAL:
        if shutil.which(program, path=environ.get("PATH")):
            return [program]
    raise EditorError(
        "no editor was found", advice="Set VISUAL or EDITOR to the editor of your choice."
    )


def edit_draft(text: str, environ: Mapping[str, str]) -> str:
    """Open a text in the user's editor; block until the editor has ended.

    The terminal must be in its normal mode. Must be called in the main thread: it ignores
    SIGINT and SIGQUIT meanwhile, so that Ctrl+C and Ctrl+\\ are for the editor alone.

    Returns: the saved text, without the newline that editors add at the end, unless `text` ended
        with one.
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
                f'the text that "{command[0]}" saved in "{path}" cannot be read: {_reason(exc)}'
            ) from exc
    edited = edited.replace("\r\n", "\n")
    return edited if text.endswith("\n") else edited.removesuffix("\n")


@contextlib.contextmanager
def _draft_file(text: str, environ: Mapping[str, str]) -> Iterator[str]:
    """Write the draft to a file that only the user can read; yield its path, then remove it."""
    folder = environ.get("TMPDIR") or None
    try:
        descriptor, path = tempfile.mkstemp(prefix="codex-message-", suffix=".md", dir=folder)
    except OSError as exc:
        place = f' in "{folder}"' if folder else ""
        raise EditorError(
            f"cannot make a temporary file for the editor{place}: {_reason(exc)}",
            advice="Set TMPDIR to a folder that you can write to.",
        ) from exc
    try:
        try:
            with open(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(text)
        except OSError as exc:
            raise EditorError(f'cannot write the draft to "{path}": {_reason(exc)}') from exc
        yield path
    finally:
        # Some editors save by renaming another file over this one; others remove it.
        with contextlib.suppress(OSError):
            os.unlink(path)


def _run(argv: list[str], environ: Mapping[str, str]) -> None:
    # A handler that does nothing, not SIG_IGN, which the editor would inherit.
    with _handled(signal.SIGINT), _handled(signal.SIGQUIT):
        try:
            status = subprocess.run(argv, env=dict(environ), check=False).returncode
        except (OSError, ValueError) as exc:
            raise EditorError(
                f'the editor "{argv[0]}" cannot be run: {_reason(exc)}',
                advice="Set VISUAL or EDITOR to the editor of your choice.",
            ) from exc
    if status:
        end = f"ended with status {status}" if status > 0 else f"was killed by signal {-status}"
        raise EditorError(f'the editor "{argv[0]}" {end}; the draft is unchanged')


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return getattr(error, "strerror", None) or str(error)


@contextlib.contextmanager
def _handled(number: signal.Signals) -> Iterator[None]:
    before = signal.signal(number, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(number, before)

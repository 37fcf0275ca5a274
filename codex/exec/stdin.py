"""Read the prompt of a headless run from the command line and from standard input.

If the command line has a prompt, a pipe that stays silent is ignored after GRACE_S: a caller that
forgot to close it must not block the run. Once a byte has come, the pipe is read to its end,
without a limit of time.
"""

from __future__ import annotations

import os
import selectors
import stat
from typing import TYPE_CHECKING

from codex.base.errors import CodexError

if TYPE_CHECKING:
    from codex.base.host import Host

GRACE_S = 0.5
"""Longest wait, in seconds, for a pipe's first byte if the command line has a prompt too."""
_CHUNK = 65_536


def read_prompt(host: Host, argument: str | None) -> str:
    """Return the prompt of the run, which is never blank; tell the user when stdin is read.

    Args: argument: the prompt on the command line, to which the content of a pipe or a file on
        standard input is appended; None and `-` mean that standard input is the prompt.
    Raises: CodexError, if there is no prompt.
    """
    if argument is None or argument == "-":
        prompt = _prompt_from_stdin(host, is_asked_for=argument is not None)
    else:
        prompt = _with_stdin(host, argument)
    if not prompt.strip():
        raise CodexError("the prompt is empty", advice="Say what to do: codex exec 'PROMPT'")
    return prompt


def _prompt_from_stdin(host: Host, *, is_asked_for: bool) -> str:
    if host.stdin.isatty() and not is_asked_for:
        raise CodexError(
            "no prompt given",
            advice="Say what to do: codex exec 'PROMPT', or pipe the prompt in",
        )
    _say(host, "Reading prompt from stdin...")
    prompt = _decoded(_read_all(host.stdin.fileno()))
    if not prompt.strip():
        raise CodexError("No prompt provided via stdin.")
    return prompt


def _with_stdin(host: Host, argument: str) -> str:
    """Return `argument`, followed by the content of standard input if there is any."""
    descriptor = host.stdin.fileno()
    if not _is_ready(descriptor) or not (first := os.read(descriptor, _CHUNK)):
        return argument
    _say(host, "Reading additional input from stdin...")
    extra = _decoded(first + _read_all(descriptor))
    if not extra.strip():
        return argument
    line_end = "" if extra.endswith("\n") else "\n"
    return f"{argument}\n\n<stdin>\n{extra}{line_end}</stdin>"


def _is_ready(descriptor: int) -> bool:
    """Whether to read standard input beside a prompt argument: it has data or is at its end.

    Wait up to GRACE_S for a pipe. Terminals and other devices are not read.
    """
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return True
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return False
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        return bool(selector.select(GRACE_S))


def _read_all(descriptor: int) -> bytes:
    chunks = []
    while chunk := os.read(descriptor, _CHUNK):
        chunks.append(chunk)
    return b"".join(chunks)


def _decoded(data: bytes) -> str:
    return data.decode("utf-8-sig", "replace")


def _say(host: Host, text: str) -> None:
    host.stderr.write(f"{text}\n")
    host.stderr.flush()

"""`codex apply-patch [PATCH]`: apply a patch below the current directory without asking.

The exit status is 0 if the patch was applied, 1 if it was not (then no file has changed), 2 if no
patch was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.apply_patch.files import apply, plan
from codex.apply_patch.parser import parse_patch
from codex.base.errors import ExitStatus, PatchError

if TYPE_CHECKING:
    from codex.base.host import Host

USAGE = "Usage: codex apply-patch PATCH\n       codex apply-patch < FILE\n"


def run(host: Host, argument: str | None) -> int:
    """Apply the patch `argument`, or if None the one on standard input; return the exit status.

    The list of changed files goes to stdout, the reason for a failure to stderr.
    """
    try:
        text = _standard_input(host) if argument is None else argument
        if not text.strip():
            host.stderr.write(USAGE)
            return ExitStatus.USAGE
        summary = apply(plan(parse_patch(text), cwd=host.cwd), roots=(host.cwd,))
    except PatchError as exc:
        host.stderr.write(exc.message.rstrip("\n") + "\n")
        return ExitStatus.FAILED
    host.stdout.write(summary.text)
    return ExitStatus.DONE


def _standard_input(host: Host) -> str:
    if host.stdin.isatty():
        return ""
    try:
        # Read as bytes, since the text layer would drop the CR of CRLF lines.
        return host.stdin.buffer.read().decode()
    except UnicodeDecodeError as exc:
        line = exc.object.count(b"\n", 0, exc.start) + 1
        raise PatchError(f"Invalid patch: line {line} of standard input is not UTF-8") from exc
    except OSError as exc:
        raise PatchError(f"Failed to read standard input: {exc.strerror}") from exc

"""Report a bug in codex itself: an exception that is not a CodexError."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codex.base.host import Host


def report_defect(host: Host, error: Exception) -> None:
    """Print `error` to stderr: one line, then how to report it.

    With CODEX_DEBUG, or "debug" in RUST_LOG, the traceback follows instead.
    """
    message = " ".join(str(error).split())
    host.stderr.write(f"Error: internal error: {type(error).__name__}: {message}\n")
    if host.environ.get("CODEX_DEBUG") or "debug" in host.environ.get("RUST_LOG", ""):
        import traceback

        traceback.print_exception(error, file=host.stderr)
    else:
        host.stderr.write(
            "This is a bug in codex. Please report it, with the output of the same command under"
            " CODEX_DEBUG=1.\n"
        )

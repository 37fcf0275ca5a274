"""The log of the TUI: a file of bounded size in CODEX_HOME/log, readable only by the user.

Nothing may be written to standard error while the screen is shown.
"""

from __future__ import annotations

import contextlib
import logging
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAME = "codex-tui.log"
_MAX_BYTES = 2 * 1024 * 1024
"""Size in bytes above which the next run starts a new file and renames the old one to `.1`."""
_TAIL_BYTES = 64 * 1024
"""Most bytes that `log_tail` reads."""


def log_path(codex_home: str) -> str:
    """Return the path of the log, which all runs share."""
    return os.path.join(codex_home, "log", _NAME)


@contextlib.contextmanager
def logging_to_file(codex_home: str, environ: Mapping[str, str]) -> Iterator[str | None]:
    """Log to the file `log_path` during the `with` block: INFO and above.

    Args: environ: DEBUG is logged too if its RUST_LOG contains `debug`.
    Yields: None; or, if the file cannot be opened, a text for the user that says why.
    """
    path = log_path(codex_home)
    try:
        handler = _open(path)
    except OSError as error:
        yield f"this run is not logged: cannot write to '{path}': {error.strerror}"
        return
    root = logging.getLogger()
    level = logging.DEBUG if "debug" in environ.get("RUST_LOG", "").lower() else logging.INFO
    before = root.level
    root.addHandler(handler)
    root.setLevel(level)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    try:
        yield None
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        handler.close()


def _open(path: str) -> logging.Handler:
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if os.path.getsize(path) > _MAX_BYTES:
            os.replace(path, f"{path}.1")
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    os.fchmod(descriptor, 0o600)
    handler = _Bounded(open(descriptor, "a", encoding="utf-8", errors="replace"))  # noqa: SIM115 - `close` ends it
    form = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(form)
    return handler


class _Bounded(logging.StreamHandler):  # type: ignore[type-arg]
    """Handler that stops writing at twice `_MAX_BYTES`, so that one run cannot fill the disk."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        if self.stream.tell() < _MAX_BYTES * 2:
            super().emit(record)

    def close(self) -> None:
        """Close the handler and the file."""
        super().close()
        self.stream.close()


def log_tail(codex_home: str) -> str:
    """Return the last whole lines of the log, at most 64 KiB; empty if it is empty.

    Raises: OSError, if there is no log or it cannot be read.
    """
    with open(log_path(codex_home), "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - _TAIL_BYTES))
        data = file.read()
    text = data.decode("utf-8", "replace")
    return text if len(data) < _TAIL_BYTES else text.partition("\n")[2]

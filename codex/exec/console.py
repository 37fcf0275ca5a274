"""Console: the streams of a headless run. The answer goes to stdout, everything else to stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codex.base.errors import CodexError
from codex.base.printable import printable
from codex.exec.printer import Printer
from codex.exec.progress import Progress
from codex.exec.style import Painter, wants_color

if TYPE_CHECKING:
    from typing import TextIO

    from codex.base.host import Host
    from codex.protocol.events import EventMsg


class Console:
    """Prints events and the final answer in whole lines, and flushes them.

    A method that prints raises BrokenPipeError if the stream has no reader any more, and CodexError
    if it cannot be written for another reason. Later output is then discarded: of both streams
    after BrokenPipeError, of the failed one after CodexError.
    """

    def __init__(self, host: Host, color: str) -> None:
        """Write to the streams of `host`; `color` is `always`, `never` or `auto`."""
        self._host = host
        self._out, self._err = host.stdout, host.stderr
        is_terminal = self._err.isatty()
        has_color = wants_color(color, environ=host.environ, is_terminal=is_terminal)
        self._printer = Printer(Painter(has_color))
        self._is_all_terminal = is_terminal and self._out.isatty()
        knows_controls = is_terminal and host.environ.get("TERM", "dumb") != "dumb"
        self._progress = Progress() if knows_controls else None

    @property
    def patience_s(self) -> float | None:
        """Longest wait for an event, in seconds, before `idle` must be called; None: never."""
        return None if self._progress is None else 1.0

    def idle(self) -> None:
        """On a terminal, show what the run is waiting for if it has waited for at least 2 s."""
        if self._progress is not None:
            self._put(self._err, self._progress.line(self._host.clock()))

    def show(self, msg: EventMsg) -> None:
        """Print what Printer returns for an event, which may be nothing."""
        if self._progress is not None:
            self._progress.update(msg, self._host.clock())
        self._write(self._err, self._printer.text(msg))

    def warn(self, text: str) -> None:
        """Print a warning."""
        self._write(self._err, self._printer.warning(text))

    def hint(self, text: str) -> None:
        """Print a hint."""
        self._write(self._err, self._printer.hint(text))

    def answer(self, text: str | None) -> None:
        """Print the final answer, if there is one, and then the token counts; the task has ended.

        If both streams are a terminal, an answer that was printed already is not printed again.
        """
        is_read_already = self._printer.is_answer_shown and self._is_all_terminal
        if text is not None and not is_read_already:
            # A file or a pipe gets the text unchanged. A terminal gets no escape sequences in it.
            shown = printable(text) if self._out.isatty() else text
            self._write(self._out, shown if shown.endswith("\n") else f"{shown}\n")
        self._write(self._err, self._printer.usage())

    def _write(self, stream: TextIO, text: str) -> None:
        if text and self._progress is not None:
            self._put(self._err, self._progress.erase())
        self._put(stream, text)

    def _put(self, stream: TextIO, text: str) -> None:
        if not text:
            return
        try:
            stream.write(text)
            stream.flush()
        except BrokenPipeError:
            self._host.abandon_output()
            raise
        except OSError as exc:
            self._host.abandon_output(stream)
            raise CodexError(f"cannot write the output: {exc.strerror}") from exc

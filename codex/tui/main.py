"""Set-up and tear-down of the full-screen front end: the terminal is restored on every exit.

The engine's processes end before the program does. SIGTERM, SIGHUP and SIGQUIT end it by the loop,
and by an alarm when the loop does not come to it.
"""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING

import msgspec

from codex.errors import CodexError, ExitStatus, UsageError
from codex.signals import GRACE_S, die_by, let_signals_kill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex.config.types import Config
    from codex.host import Host
    from codex.tui.options import TuiOptions


def run(host: Host, config: Config, options: TuiOptions) -> int:
    """Show the screen until the user leaves; the exit status.

    Raises: UsageError, when there is no terminal. CodexError, when the screen itself fails.
    """
    if not (host.stdin.isatty() and host.stdout.isatty()):
        which = "output" if host.stdin.isatty() else "input"
        raise UsageError(
            f"standard {which} is not a terminal, which the full screen needs",
            advice='To work on one prompt without one: codex exec "PROMPT"',
        )
    if host.environ.get("TERM", "dumb") == "dumb":
        raise UsageError(
            "the terminal cannot place a cursor (TERM is not set, or dumb)",
            advice='To work on one prompt without one: codex exec "PROMPT"',
        )
    from codex.tui.log import logging_to_file

    with logging_to_file(config.codex_home, host.environ) as complaint, _restored(host):
        number = _show(host, config, options, complaint)
    if number:
        die_by(number)
    return ExitStatus.DONE


def _show(host: Host, config: Config, options: TuiOptions, complaint: str | None) -> int:
    """Run the application; 0, or the signal that ended it."""
    import asyncio

    from prompt_toolkit.input.vt100 import Vt100Input

    from codex.tui.app import App
    from codex.tui.terminal import Screen

    output = Screen.from_pty(host.stdout, term=host.environ.get("TERM"))
    has_alternate_screen = options.has_alternate_screen and config.tui.alternate_screen != "never"
    options = msgspec.structs.replace(options, has_alternate_screen=has_alternate_screen)
    app = App(host, config, options, input=Vt100Input(host.stdin), output=output)
    if complaint is not None:
        app.chat.notice(complaint)
    try:
        number = asyncio.run(app.run())
    except EOFError:  # the terminal is gone
        number = signal.SIGHUP
    except CodexError:
        raise
    except Exception as error:
        import logging

        logging.getLogger(__name__).exception("the screen failed")
        raise CodexError(
            f"the screen failed: {type(error).__name__}: {error}",
            advice=f"More is in the log: {config.codex_home}/log",
        ) from error
    finally:
        if app.has_stopped_by_signal:
            signal.setitimer(signal.ITIMER_REAL, GRACE_S)
        let_signals_kill()
        app.close()
    return number


@contextlib.contextmanager
def _restored(host: Host) -> Iterator[None]:
    """Give the terminal back as it was, whatever happens inside."""
    import termios

    descriptor = host.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    is_done = False
    try:
        yield
        is_done = True
    finally:
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(descriptor, termios.TCSANOW, before)
        if not is_done:
            from codex.tui.terminal import RESTORE

            with contextlib.suppress(OSError):
                os.write(host.stdout.fileno(), RESTORE.encode())

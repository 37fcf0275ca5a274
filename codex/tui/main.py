"""Starts and ends the full-screen front end, and restores the terminal on every exit.

The engine's processes end before the program, unless that takes longer than CLOSE_S. SIGTERM,
SIGHUP and SIGQUIT end the event loop; an alarm then limits the time for closing the engine to
STOP_GRACE_S.
"""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING

import msgspec

from codex.base.errors import CodexError, ExitStatus, UsageError
from codex.base.signals import STOP_GRACE_S, die_by, let_signals_kill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codex.base.host import Host
    from codex.config.types import Config
    from codex.protocol.events import SessionConfigured
    from codex.rollout.resume import Resumed
    from codex.tui.options import TuiOptions


def pick_session(host: Host, codex_home: str, cwd: str | None) -> str | None:
    """Let the user choose one of the latest MAX_SESSIONS sessions; return its id, None if none.

    Args: cwd: folder of the sessions to offer; None for any.
    Raises: UsageError, if there is no terminal or it cannot move the cursor. CodexError, if there
        is no session.
    """
    _check_terminal(host)
    import asyncio

    from prompt_toolkit.input.vt100 import Vt100Input

    from codex.rollout.store import last_session, list_sessions
    from codex.tui.dialogs.old_sessions import MAX_SESSIONS, choose_session
    from codex.tui.terminal.terminal import TerminalOutput

    last_session(codex_home, cwd=cwd)
    found = list_sessions(codex_home, cwd=cwd, limit=MAX_SESSIONS)
    output = TerminalOutput.from_pty(host.stdout, term=host.environ.get("TERM"))
    with _restored(host):
        chosen = asyncio.run(
            choose_session(
                found,
                host.clock(),
                home=host.home(),
                input=Vt100Input(host.stdin),
                output=output,
            )
        )
    return None if chosen is None else found[chosen].id


def run(host: Host, config: Config, options: TuiOptions, resumed: Resumed | None = None) -> int:
    """Show the screen until the user quits; return the exit status, which is 0.

    Then print how to resume a recorded session. If a signal ended the screen, die by it instead.

    Args: resumed: the session to resume; None for a new session.
    Raises: UsageError, if there is no terminal or it cannot move the cursor. CodexError, if the
        screen itself fails.
    """
    _check_terminal(host)
    from codex.tui.terminal.log import logging_to_file

    with logging_to_file(config.codex_home, host.environ) as complaint, _restored(host):
        number, session = _show(host, config, options, complaint, resumed)
    if number:
        die_by(number)
    if session is not None and session.rollout_path and os.path.exists(session.rollout_path):
        host.stderr.write(f"to resume: codex resume {session.session_id}\n")
    return ExitStatus.DONE


def _check_terminal(host: Host) -> None:
    if not (host.stdin.isatty() and host.stdout.isatty()):
        which = "output" if host.stdin.isatty() else "input"
        raise UsageError(
            f"standard {which} is not a terminal, which the full screen needs",
            advice='To work on one prompt without the full screen: codex exec "PROMPT"',
        )
    if host.environ.get("TERM", "dumb") == "dumb":
        raise UsageError(
            "the terminal cannot move the cursor: TERM is not set, or is 'dumb'",
            advice='To work on one prompt without the full screen: codex exec "PROMPT"',
        )


def _show(
    host: Host,
    config: Config,
    options: TuiOptions,
    complaint: str | None,
    resumed: Resumed | None,
) -> tuple[int, SessionConfigured | None]:
    """Run the application; return 0 or the signal that ended it, and the last session."""
    import asyncio

    from prompt_toolkit.input.vt100 import Vt100Input

    from codex.tui.app import App
    from codex.tui.terminal.terminal import TerminalOutput

    output = TerminalOutput.from_pty(host.stdout, term=host.environ.get("TERM"))
    has_alternate_screen = options.has_alternate_screen and config.tui.alternate_screen != "never"
    options = msgspec.structs.replace(options, has_alternate_screen=has_alternate_screen)
    terminal = Vt100Input(host.stdin)
    app = App(host, config, options, input=terminal, output=output, resumed=resumed)
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

        from codex.tui.terminal.log import log_path

        logging.getLogger(__name__).exception("the screen failed")
        raise CodexError(
            f"the screen failed: {type(error).__name__}: {error}",
            advice=f"More is in the log: {log_path(config.codex_home)}",
        ) from error
    finally:
        if app.has_stopped_by_signal:
            signal.setitimer(signal.ITIMER_REAL, STOP_GRACE_S)
        let_signals_kill()
        app.close()
    return number, app.chat.session


@contextlib.contextmanager
def _restored(host: Host) -> Iterator[None]:
    """Restore the terminal's modes when the block ends, by an exception too."""
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
            from codex.tui.terminal.terminal import RESTORE

            with contextlib.suppress(OSError):
                os.write(host.stdout.fileno(), RESTORE.encode())
